// rules/portal-tree.ts: PURE. Where portal rules go. Up to 16 of them stand right in the root chains, as kube-proxy's
// did. More become a tree of chains by address, two bits a level (then protocol and port, for many ports of one
// address), so that a packet walks some 20 rules at 10,000 Services and one Service more rewrites one small chain.
// A function of the set of portals alone: no history, no order of arrival.
import type { IpFamily } from '../model/ip.js';
import { addressBits, maskDigits, prefixMatch, sharedBits, slotAt } from './portal-key.js';
import type { PlacedRule } from './portal-rule.js';

/** Rules in one leaf, at most. Two bits a level because four jumps and a level cost less than sixteen jumps. */
const maxLeafRules = 16;

/**
 * Chains below the root on any path, at most. The kernel refuses more than 16 nested jumps (nf_tables,
 * NFT_JUMP_STACK_SIZE); addresses laid out to be nested deeper than this share one long chain instead.
 */
const maxDepth = 10;

export interface PortalTree {
  /** The rules of both root chains. */
  readonly root: readonly string[];
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** @param placed of one family, in any order, no two with the same digits */
export function portalTree(placed: readonly PlacedRule[], ipFamily: IpFamily): PortalTree {
  const sorted = [...placed].sort((a, b) => (a.digits < b.digits ? -1 : 1));
  const chains = new Map<string, readonly string[]>();

  /** The rules of a chain whose portals, `from` to `to`, all start with the same `bit` bits. */
  function chainRules(from: number, to: number, bit: number, depth: number): readonly string[] {
    if (isLeaf(from, to, depth)) return portalRules(from, to);
    const rules: string[] = [];
    for (let start = from; start < to; ) {
      const end = endOfSlot(start, to, bit);
      rules.push(...branch(start, end, bit + 2, depth + 1));
      start = end;
    }
    return rules;
  }

  /** A lone portal is its own rule; several get a chain, and a rule that leads there. */
  function branch(from: number, to: number, bit: number, depth: number): readonly string[] {
    const first = sorted[from];
    const last = sorted[to - 1];
    if (first === undefined || last === undefined || first === last) return portalRules(from, to);
    // A chain that splits further is named by all that its portals share: levels with a single branch are skipped.
    const bits = isLeaf(from, to, depth) ? bit : sharedBits(first.digits, last.digits);
    const name = chainName(first.digits, bits, ipFamily);
    if (chains.has(name)) return portalRules(from, to);
    chains.set(name, []); // before its branches, as one reads them
    chains.set(name, chainRules(from, to, bits, depth));
    // Goto: what finds no rule down there finds none beside it either.
    return [`${prefixMatch(first.digits, bits, ipFamily)} -g ${name}`];
  }

  function portalRules(from: number, to: number): readonly string[] {
    return sorted.slice(from, to).map(({ rule }) => rule);
  }

  function isLeaf(from: number, to: number, depth: number): boolean {
    return to - from <= maxLeafRules || depth === maxDepth;
  }

  function endOfSlot(start: number, to: number, bit: number): number {
    const slot = slotAt(sorted[start]?.digits ?? '', bit);
    let end = start + 1;
    while (end < to && slotAt(sorted[end]?.digits ?? '', bit) === slot) end += 1;
    return end;
  }

  return { root: chainRules(0, sorted.length, 0, 0), chains };
}

/**
 * At most 28 characters fit. `KUBE-PORTALS-0a600000-14` holds 10.96.0.0/14. Of longer prefixes (IPv6, several ports of
 * one address) the last eleven digits are named, which tells apart all addresses of one Service range; should two
 * chains come to the same name, the second is not made and its rules stay where the way to it would be.
 */
function chainName(digits: string, bits: number, ipFamily: IpFamily): string {
  const ofAddress = ipFamily === 'IPv4' && bits <= addressBits(ipFamily);
  const end = ofAddress ? 8 : Math.ceil(bits / 4);
  return `KUBE-PORTALS-${maskDigits(digits, bits).slice(Math.max(0, end - 11), end)}-${bits}`;
}
