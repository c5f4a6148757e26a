// explain/sentence.ts: PURE. What verdicts are put together from.
import type { ExplainedServicePort, Walk } from './explanation.js';
import type { Verdict, VerdictCode } from './verdict-code.js';

/** 0: nothing is wrong. The smaller, the earlier on a connection's way. */
export type Ranked = readonly [rank: number, verdict: Verdict];

export function say(code: VerdictCode, text: string, next?: string): Verdict {
  return { code, text, ...(next !== undefined && { next }) };
}

/** `default/web:http (TCP, IPv4)`. */
export function label({
  name,
  protocol,
  ipFamily,
}: Pick<ExplainedServicePort, 'name' | 'protocol' | 'ipFamily'>): string {
  return `${name} (${protocol}, ${ipFamily})`;
}

export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

export function rankOf([rank]: Ranked): number {
  return rank === 0 ? Number.POSITIVE_INFINITY : rank;
}

export function blindText({ unknown }: Pick<Walk, 'unknown'>): string {
  return unknown.length > 0 ? ', as far as could be looked' : '';
}
