// test/support/load.ts: clients that come one after another for as long as a test wants, retry what fails, and keep a
// record of every answer. Bounded: `clients` requests at once, each followed by a short rest, for 30 s at the most.
import { sleep } from './eventually.js';
import type { Reply } from './peer-client.js';

export interface LoadRecord extends Reply {
  /** performance.now() when the answer, or its failure, was known. */
  readonly atMs: number;
}

export interface Load {
  /** So far, in the order of the answers. */
  records(): readonly LoadRecord[];
  /** Resolves when the last request is answered. */
  stop(): Promise<readonly LoadRecord[]>;
}

/** A test that fails leaves its load behind. */
const longestMs = 30_000;

export function startLoad(
  request: () => Promise<Reply>,
  options: { readonly clients?: number; readonly restMs?: number } = {},
): Load {
  const { clients = 2, restMs = 10 } = options;
  const records: LoadRecord[] = [];
  const endMs = performance.now() + longestMs;
  let stopped = false;
  const client = async (): Promise<void> => {
    while (!stopped && performance.now() < endMs) {
      records.push({ ...(await request()), atMs: performance.now() });
      await sleep(restMs);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    records: () => records,
    stop: async () => {
      stopped = true;
      await running;
      return records;
    },
  };
}

/** The longest time between two good answers, in milliseconds. */
export function longestGapMs(records: readonly LoadRecord[]): number {
  const good = records.filter(({ ok }) => ok).map(({ atMs }) => atMs);
  return Math.round(Math.max(0, ...good.slice(1).map((atMs, at) => atMs - (good[at] ?? atMs))));
}
