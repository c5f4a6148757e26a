// rules/sctp-guard.ts: PURE. Keeps the kernel's own SCTP from answering what is for our relay. Where its module is loaded
// it sees every packet of SCTP for this host, finds no socket of its own, and answers with an ABORT (RFC 9260, section
// 8.4): the client would be refused before the relay's endpoint could say a word.

//   filter OUTPUT ─► KUBE-PORTALS-SCTP   SCTP that this host sends: what our relay sends passes, and what nobody sent
//                                        (the kernel itself) from a port of ours is dropped
//
// Wanted only while the module is loaded and a listener of the family is open: elsewhere there is nobody to silence, and
// a kernel without the `owner` match should not fail for it.
import type { IpFamily } from '../model/ip.js';
import type { Jump, TableRules } from './chains.js';
import type { ProxyPort, SctpGuard } from './portal.js';

export const sctpGuardChain = 'KUBE-PORTALS-SCTP';

export const sctpGuardJump: Jump = {
  from: 'OUTPUT',
  at: 'top',
  rule: `-p sctp -m comment --comment "SCTP of the kernel itself" -j ${sctpGuardChain}`,
};

/** xt_multiport holds fifteen numbers. */
const portsInRule = 15;

/** `filter`, with the guard in it where it is wanted. */
export function guarded(
  filter: TableRules,
  guard: SctpGuard | undefined,
  proxyPorts: readonly ProxyPort[],
  ipFamily: IpFamily,
): TableRules {
  const ports = proxyPorts.filter((its) => its.protocol === 'SCTP' && its.ipFamily === ipFamily);
  if (guard === undefined || ports.length === 0) return filter;
  const ascending = [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b);
  return {
    chains: new Map([...filter.chains, [sctpGuardChain, guardRules(guard, ascending)]]),
    jumps: [...filter.jumps, sctpGuardJump],
  };
}

/**
 * Other programs' SCTP sockets are left alone: their ports are not ours. A socket of the kernel's own belongs to no user,
 * so the relay's packets are told by theirs.
 */
function guardRules({ relayPorts, uid }: SctpGuard, ports: readonly number[]): readonly string[] {
  const rules = [
    `-m owner --uid-owner ${uid} -m comment --comment "sent by a program" -j RETURN`,
    `-p sctp -m sctp --sport ${relayPorts.first}:${relayPorts.last} -j DROP`,
  ];
  for (let start = 0; start < ports.length; start += portsInRule) {
    const some = ports.slice(start, start + portsInRule);
    rules.push(`-p sctp -m multiport --sports ${some.join(',')} -j DROP`);
  }
  return rules;
}
