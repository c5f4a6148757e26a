// sources/kube/backoff.ts: how long to wait before the next try. Pure but for its own count; randomness is passed in.

export interface Backoff {
  /** Milliseconds to wait now; the next answer is about twice as long. */
  next(): number;
  /** After success: the next answer is the shortest again. */
  reset(): void;
}

/**
 * Doubles from `initialMs` to `maxMs`; each answer is multiplied by 0.5 to 1.5 and never longer than `maxMs`.
 * @param random as Math.random: 0 <= x < 1
 */
export function createBackoff(initialMs: number, maxMs: number, random: () => number): Backoff {
  let failures = 0;
  return {
    next: () => {
      const plain = Math.min(maxMs, initialMs * 2 ** failures);
      // Beyond this the power would only grow towards Infinity.
      if (plain < maxMs) failures += 1;
      return Math.min(maxMs, plain * (0.5 + random()));
    },
    reset: () => {
      failures = 0;
    },
  };
}
