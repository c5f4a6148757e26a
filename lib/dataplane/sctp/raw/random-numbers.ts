// dataplane/sctp/raw/random-numbers.ts: numbers that nobody can guess, drawn in batches: one call of the system's generator
// for each association would cost more than the rest of its setup.
import { randomFillSync } from 'node:crypto';

const batch = 256;

/** A random integer in [0, limit); `limit` at most 2^32. */
export function randomNumbers(): (limit: number) => number {
  const words = new Uint32Array(batch);
  let next = batch;
  return (limit) => {
    if (next === batch) {
      randomFillSync(words);
      next = 0;
    }
    return Math.floor(((words[next++] ?? 0) / 2 ** 32) * limit);
  };
}
