// explain/live-rules.ts: PURE. Where the rules that stand in the kernel really lead a portal's packets: as a packet meets
// them, from the hooks down, so that a rule in a chain that nothing leads to does not count.
import type { IpFamily } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { Protocol } from '../model/service-port-name.js';
import {
  type Chains,
  containerChain,
  type FamilyRules,
  hostChain,
  jumps,
  nodePortContainerChain,
  nodePortHostChain,
} from '../rules/chains.js';
import type { PortalWay, StandingPortal } from '../rules/portal.js';
import { targetOf } from '../rules/rule-text.js';
import { parseSave, standingRules } from '../rules/save-text.js';
import { standingPortals } from '../rules/standing-portals.js';

/** arriving: PREROUTING; sent: OUTPUT, of this host's own packets. */
export type Hook = 'arriving' | 'sent';
export const hooks: readonly Hook[] = ['arriving', 'sent'];

export type LiveRule =
  /** undefined `ways`: no rule is for the portal. `jump` false: none of ours is met at all. */
  { readonly hook: Hook; readonly jump: boolean; readonly ways: readonly PortalWay[] | undefined };

/** What iptables-save printed, and which variant's. */
export interface SavedRules {
  readonly variant: string;
  readonly ipFamily: IpFamily;
  readonly text: string;
}

export interface LiveRules {
  /** Of the variant that has most to say of it. */
  find(
    portal: PortalAddress,
    protocol: Protocol,
    ipFamily: IpFamily,
  ): { readonly variant: string; readonly rules: readonly LiveRule[] } | undefined;
}

interface Root {
  readonly hook: Hook;
  readonly ofNodePorts: boolean;
  readonly chain: string;
}

const roots: readonly Root[] = [
  { hook: 'arriving', ofNodePorts: false, chain: containerChain },
  { hook: 'sent', ofNodePorts: false, chain: hostChain },
  { hook: 'arriving', ofNodePorts: true, chain: nodePortContainerChain },
  { hook: 'sent', ofNodePorts: true, chain: nodePortHostChain },
];

interface Reachable extends Root {
  readonly jump: boolean;
  readonly portals: ReadonlyMap<string, StandingPortal>;
}

export function readLiveRules(saved: readonly SavedRules[]): LiveRules {
  const read = saved.map(({ variant, ipFamily, text }) => {
    const standing = standingRules(parseSave(text));
    return { variant, ipFamily, roots: roots.map((root) => reachable(root, standing, ipFamily)) };
  });
  return {
    find(portal, protocol, ipFamily) {
      const candidates = read
        .filter((one) => one.ipFamily === ipFamily)
        .map(({ variant, roots: all }) => ({
          variant,
          rules: all
            .filter(({ ofNodePorts }) => ofNodePorts === (portal.kind === 'nodePort'))
            .map(({ hook, jump, portals }): LiveRule => {
              return { hook, jump, ways: portals.get(keyOf({ ...portal, protocol }))?.ways };
            }),
        }));
      const found = ({ rules }: { readonly rules: readonly LiveRule[] }): number =>
        rules.filter(({ ways }) => ways !== undefined).length * 4 + rules.filter(({ jump }) => jump).length;
      return candidates.sort((a, b) => found(b) - found(a))[0];
    },
  };
}

function reachable(root: Root, { nat }: FamilyRules, ipFamily: IpFamily): Reachable {
  const jump = nat.jumps.some(({ rule }) => rule.endsWith(`-j ${root.chain}`));
  const chains = reachableChains(nat.chains, root.chain);
  const nothing = { chains: new Map(), jumps: [] };
  const portals = standingPortals({ nat: { chains, jumps: [...jumps.nat] }, filter: nothing }, ipFamily);
  return { ...root, jump, portals: new Map(portals.map((one) => [keyOf(one), one])) };
}

function reachableChains(chains: Chains, root: string): Chains {
  const found = new Map<string, readonly string[]>();
  const open = [root];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const rules = chains.get(name);
    if (rules === undefined || found.has(name)) continue;
    found.set(name, rules);
    for (const rule of rules) {
      const target = targetOf(rule);
      if (target !== undefined) open.push(target);
    }
  }
  return found;
}

function keyOf({ ip, port, protocol }: Pick<StandingPortal, 'ip' | 'port' | 'protocol'>): string {
  return `${ip} ${port} ${protocol}`;
}
