// dataplane/native/counter-block.ts: one listener's counters in shared memory, a block of numbers for each thread, so
// that each has one writer and reading them costs no message. Meanings and sums as in ../node/listener-stats.ts.
import { type ConnectionFailure, dialBucketsSeconds } from '../../proxier/data-plane.js';

const reasons = [
  'no-endpoints',
  'dial',
  'dial-timeout',
  'connection-limit',
  'half-closed-timeout',
  'client-reset',
  'endpoint-reset',
  'endpoint-gone',
  'shutdown',
  'fault',
  'drained',
] as const satisfies readonly ConnectionFailure[];

/** Places in a block. `open` is what this thread has opened less what it has closed: only the sum means anything. */
export const opened = 0;
export const open = 1;
export const rxBytes = 2;
export const txBytes = 3;
export const dials = 4;
export const dialSeconds = 5;
const firstBucket = 6;
const firstFailure = firstBucket + dialBucketsSeconds.length;
export const blockLength = firstFailure + reasons.length;

export type CounterBlock = Float64Array;

export function count(block: CounterBlock, place: number, by = 1): void {
  block[place] = (block[place] ?? 0) + by;
}

export function countFailure(block: CounterBlock, reason: ConnectionFailure): void {
  count(block, firstFailure + reasons.indexOf(reason));
}

export function countDial(block: CounterBlock, seconds: number): void {
  count(block, dials);
  count(block, dialSeconds, seconds);
  const bucket = dialBucketsSeconds.findIndex((bound) => seconds <= bound);
  if (bucket !== -1) count(block, firstBucket + bucket);
}

export interface BlockTotals {
  readonly opened: number;
  readonly open: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly failed: Readonly<Partial<Record<ConnectionFailure, number>>>;
  readonly dialSeconds: { readonly count: number; readonly sum: number; readonly buckets: readonly number[] };
}

/** Of one listener's blocks of all threads. */
export function addUp(blocks: readonly CounterBlock[]): BlockTotals {
  const sum = (place: number): number => blocks.reduce((total, block) => total + (block[place] ?? 0), 0);
  const failed: Partial<Record<ConnectionFailure, number>> = {};
  for (const [index, reason] of reasons.entries()) {
    const failures = sum(firstFailure + index);
    if (failures > 0) failed[reason] = failures;
  }
  let cumulative = 0;
  const buckets = dialBucketsSeconds.map((_, index) => {
    cumulative += sum(firstBucket + index);
    return cumulative;
  });
  return {
    opened: sum(opened),
    open: sum(open),
    rxBytes: sum(rxBytes),
    txBytes: sum(txBytes),
    failed,
    dialSeconds: { count: sum(dials), sum: sum(dialSeconds), buckets },
  };
}
