// rules/sources.ts: PURE. Who sends a packet, as matches of a rule: everybody or the cluster, and of them those who are
// in a portal's source ranges.
import type { IpFamily } from '../model/ip.js';
import { type Cidr, cidrText, intersection, parseCidr } from './cidr.js';
import type { DetectLocal, PortalWay } from './portal.js';

/** Where its parts stand in a rule, as iptables-save prints one; '' for a part that it does not need. */
export interface SourceMatch {
  /** `-s 10.244.0.0/16 `, before the destination. */
  readonly address: string;
  /** `-i cali+ `, after it. */
  readonly interface: string;
  /** ` -m addrtype --src-type LOCAL`, before the target. */
  readonly type: string;
}

interface Sender extends Omit<SourceMatch, 'address'> {
  readonly cidr: Cidr | undefined;
}

const anybody: Sender = { cidr: undefined, interface: '', type: '' };
const thisHost: Sender = { ...anybody, type: ' -m addrtype --src-type LOCAL' };

/** One rule each. None when nobody is left: a range that is no CIDR of the family lets nobody in. */
export function sourceMatches(
  from: PortalWay['from'],
  ranges: readonly string[] | undefined,
  detectLocal: DetectLocal,
  ipFamily: IpFamily,
): readonly SourceMatch[] {
  const senders = from === 'everybody' ? [anybody] : [...podsBy(detectLocal, ipFamily), thisHost];
  const allowed = ranges?.flatMap((range) => parseCidr(range, ipFamily) ?? []);
  const matches = new Map<string, SourceMatch>();
  for (const sender of senders) {
    for (const cidr of allowed === undefined ? [sender.cidr] : within(sender.cidr, allowed)) {
      const address = cidr === undefined || cidr.bits === 0 ? '' : `-s ${cidrText(cidr)} `;
      const match = { address, interface: sender.interface, type: sender.type };
      matches.set(Object.values(match).join(), match);
    }
  }
  return [...matches.values()];
}

function podsBy(detectLocal: DetectLocal, ipFamily: IpFamily): readonly Sender[] {
  switch (detectLocal.kind) {
    case 'none':
      return [];
    case 'cidrs':
      return detectLocal.cidrs[ipFamily].flatMap((text) => {
        const cidr = parseCidr(text, ipFamily);
        return cidr === undefined ? [] : [{ ...anybody, cidr }];
      });
    case 'interface':
      return [{ ...anybody, interface: `-i ${detectLocal.match} ` }];
  }
}

function within(cidr: Cidr | undefined, ranges: readonly Cidr[]): readonly Cidr[] {
  if (cidr === undefined) return ranges;
  return ranges.flatMap((range) => intersection(cidr, range) ?? []);
}
