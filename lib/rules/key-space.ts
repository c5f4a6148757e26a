// rules/key-space.ts: PURE. The two kinds of keys that trees are made of, portals at an address and nodePorts: what leads
// into a branch, and what the branch's chain is called.
import type { IpFamily } from '../model/ip.js';
import { maskDigits } from './address-digits.js';
import { nodePortPrefix, portalPrefix } from './chains.js';
import { prefixMatch, protocolOf } from './portal-key.js';

export interface KeySpace {
  /** Where the first keys can differ. */
  readonly firstBit: number;
  /** What a rule must match to catch all keys with this prefix. */
  match(digits: string, bits: number): string;
  /** At most 28 characters, which is what fits. Two prefixes may have the same name. */
  chainName(digits: string, bits: number): string;
}

/**
 * `KUBE-PORTALS-0a600000-14` holds 10.96.0.0/14. Of longer prefixes (IPv6, several ports of one address) the last
 * eleven digits are named, which tells apart all addresses of one Service range.
 */
export function addressSpace(ipFamily: IpFamily): KeySpace {
  const ofAddress = ipFamily === 'IPv4' ? 32 : 128;
  return {
    firstBit: 0,
    match: (digits, bits) => prefixMatch(digits, bits, ofAddress),
    chainName: (digits, bits) => {
      const end = ipFamily === 'IPv4' && bits <= ofAddress ? 8 : Math.ceil(bits / 4);
      return `${portalPrefix}${maskDigits(digits, bits).slice(Math.max(0, end - 11), end)}-${bits}`;
    },
  };
}

/** `KUBE-NODEPORT-T7530-12` holds the TCP ports 30000 to 30015. The protocol's first two bits are always zero. */
export const nodePortSpace: KeySpace = {
  firstBit: 2,
  match: (digits, bits) => prefixMatch(digits, bits, 0),
  chainName: (digits, bits) =>
    `${nodePortPrefix}${protocolOf(digits).charAt(0)}${maskDigits(digits, bits).slice(-4)}-${bits - 4}`,
};
