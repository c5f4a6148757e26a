// proxier/reply-addresses.ts: PURE. The addresses that portals lead to by DNAT, now or until lately: clients whose flows
// were steered there go on being answered from there for as long as the address is this host's.
import type { IpFamily } from '../model/ip.js';
import type { Steering } from './rule-applier.js';

export type ReplyAddresses = Readonly<Record<IpFamily, readonly string[]>>;

const none: readonly string[] = [];

export const noReplyAddresses: ReplyAddresses = { IPv4: none, IPv6: none };

/** `before`, and its arrays, while nothing changes. */
export function replyAddresses(
  before: ReplyAddresses,
  steering: Readonly<Record<IpFamily, Steering>>,
  localAddresses: ReadonlySet<string>,
): ReplyAddresses {
  const of = (ipFamily: IpFamily): readonly string[] => {
    const chosen = steering[ipFamily];
    const kept = before[ipFamily].filter((address) => localAddresses.has(address));
    const next = chosen.kind === 'dnat' && !kept.includes(chosen.to) ? [...kept, chosen.to] : kept;
    return next.join() === before[ipFamily].join() ? before[ipFamily] : next;
  };
  const next = { IPv4: of('IPv4'), IPv6: of('IPv6') };
  return next.IPv4 === before.IPv4 && next.IPv6 === before.IPv6 ? before : next;
}
