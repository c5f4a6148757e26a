// iptables/packet-counts.ts: what the kernel counted at rules of ours, for the two metrics of kube-proxy that count
// packets. (kube-proxy reads them from nfacct objects, which few kernels have.)
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';
import { filterChain, forwardChain } from '../rules/chains.js';
import { invalidRule, localhostRule } from '../rules/filter-chains.js';
import { optionOf, sameRule, splitRule } from '../rules/rule-text.js';
import { parseListing } from '../rules/save-text.js';
import { IptablesError } from './errors.js';
import { type IptablesTools, iptablesRunner } from './run.js';

/** Since the rule was written; a rule that was written anew begins at zero. */
export interface PacketCounts {
  /** Forwarded packets of no flow that conntrack knew: iptables_ct_state_invalid_dropped_packets_total. */
  readonly invalidDropped: number;
  /** First packets to nodePorts of loopback addresses: iptables_localhost_nodeports_accepted_packets_total. */
  readonly localhostNodePorts: number;
}

const none: PacketCounts = { invalidDropped: 0, localhostNodePorts: 0 };

const listing = `*filter\n${[forwardChain, filterChain].map((chain) => `-v -S ${chain}\n`).join('')}COMMIT\n`;

/**
 * One process for each family; writes nothing. A family that our rules are not in counts nothing.
 * Rejects with IptablesError when iptables can't be asked.
 */
export async function readPacketCounts(
  exec: Exec,
  tools: IptablesTools,
  families: readonly IpFamily[] = ipFamilies,
): Promise<PacketCounts> {
  const runner = iptablesRunner(exec, tools);
  const counts = await Promise.all(
    families.map(async (ipFamily) => {
      try {
        return countsIn(await runner.restore(ipFamily, listing), ipFamily);
      } catch (err) {
        if (err instanceof IptablesError && noRules.has(err.trouble)) return none;
        throw err;
      }
    }),
  );
  return {
    invalidDropped: counts.reduce((sum, { invalidDropped }) => sum + invalidDropped, 0),
    localhostNodePorts: counts.reduce((sum, { localhostNodePorts }) => sum + localhostNodePorts, 0),
  };
}

/** The chain is not there, or the family is not. */
const noRules: ReadonlySet<IptablesError['trouble']> = new Set([
  'rules',
  'kernel-support',
  'missing-program',
]);

function countsIn(text: string, ipFamily: IpFamily): PacketCounts {
  const rules = parseListing(text).flatMap((chain) => chain.rules);
  return {
    invalidDropped: packetsAt(rules, invalidRule),
    localhostNodePorts: packetsAt(rules, localhostRule(ipFamily)),
  };
}

/** With `-v` a rule has its counters in it: `… -c PACKETS BYTES -j DROP`. */
function packetsAt(rules: readonly string[], rule: string): number {
  for (const listed of rules) {
    if (sameRule(listed.replace(/ -c \d+ \d+/, ''), rule)) {
      return Number(optionOf(splitRule(listed), '-c') ?? 0);
    }
  }
  return 0;
}
