// rules/portal-tree.ts: PURE. Where portals' rules go. Up to 16 of them stand right in the root chains, as kube-proxy's
// did. More become a tree of chains by address, two bits a level (then protocol and port, for many ports of one
// address, and for nodePorts from the start), so that a packet walks some 20 rules at 10,000 Services and one Service
// more rewrites one small chain. A function of the set of portals alone: no history, no order of arrival.
import type { KeySpace } from './key-space.js';
import { sharedBits, slotAt } from './portal-key.js';

/** Rules in one leaf, at most. Two bits a level because four jumps and a level cost less than sixteen jumps. */
const maxLeafRules = 16;

/** A portal with more rules (a load balancer's with many source ranges) has a chain of its own. */
const maxOpenRules = 4;

/**
 * Chains below the root on any path, at most, but for a portal's own. The kernel refuses more than 16 nested jumps
 * (nf_tables, NFT_JUMP_STACK_SIZE); addresses laid out to be nested deeper than this share one long chain instead.
 */
const maxDepth = 10;

export interface TreeItem {
  /** See portalKeyDigits. */
  readonly digits: string;
  /** Kept together and in order; at least one. */
  readonly rules: readonly string[];
}

export interface PortalTree {
  /** The rules of the root chain, or chains. */
  readonly root: readonly string[];
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** @param items of one key space, in any order, no two with the same digits */
export function portalTree(items: readonly TreeItem[], space: KeySpace): PortalTree {
  const sorted = [...items].sort((a, b) => (a.digits < b.digits ? -1 : 1));
  const chains = new Map<string, readonly string[]>();
  /** How many rules those before each item take in a leaf. */
  const rulesBefore = [0];
  let count = 0;
  for (const { rules } of sorted) {
    count += rules.length > maxOpenRules ? 1 : rules.length;
    rulesBefore.push(count);
  }

  /** The rules of a chain whose portals, `from` to `to`, all start with the same `bit` bits. */
  function chainRules(from: number, to: number, bit: number, depth: number): readonly string[] {
    if (isLeaf(from, to, depth)) return leafRules(from, to);
    const rules: string[] = [];
    for (let start = from; start < to; ) {
      const end = endOfSlot(start, to, bit);
      rules.push(...branch(start, end, bit + 2, depth + 1));
      start = end;
    }
    return rules;
  }

  /** A lone portal needs no chain for others; several get one, and a rule that leads there. */
  function branch(from: number, to: number, bit: number, depth: number): readonly string[] {
    const first = sorted[from];
    const last = sorted[to - 1];
    if (first === undefined || last === undefined || first === last) return leafRules(from, to);
    // A chain that splits further is named by all that its portals share: levels with a single branch are skipped.
    const bits = isLeaf(from, to, depth) ? bit : sharedBits(first.digits, last.digits);
    const name = space.chainName(first.digits, bits);
    // Should two chains come to the same name, the second is not made, and its rules stay where the way to it would be.
    if (chains.has(name)) return leafRules(from, to);
    chains.set(name, []); // before its branches, as one reads them
    chains.set(name, chainRules(from, to, bits, depth));
    // Goto: what finds no rule down there finds none beside it either.
    return [`${space.match(first.digits, bits)} -g ${name}`];
  }

  function leafRules(from: number, to: number): readonly string[] {
    const rules: string[] = [];
    for (let at = from; at < to; at += 1) {
      const item = sorted[at];
      if (item !== undefined) rules.push(...ownRules(item));
    }
    return rules;
  }

  function ownRules({ digits, rules }: TreeItem): readonly string[] {
    if (rules.length <= maxOpenRules) return rules;
    const bits = digits.length * 4;
    const name = space.chainName(digits, bits);
    if (chains.has(name)) return rules;
    chains.set(name, rules);
    return [`${space.match(digits, bits)} -g ${name}`];
  }

  function isLeaf(from: number, to: number, depth: number): boolean {
    const rules = (rulesBefore[to] ?? 0) - (rulesBefore[from] ?? 0);
    return rules <= maxLeafRules || to - from === 1 || depth === maxDepth;
  }

  function endOfSlot(start: number, to: number, bit: number): number {
    const slot = slotAt(sorted[start]?.digits ?? '', bit);
    let end = start + 1;
    while (end < to && slotAt(sorted[end]?.digits ?? '', bit) === slot) end += 1;
    return end;
  }

  return { root: chainRules(0, sorted.length, space.firstBit, 0), chains };
}
