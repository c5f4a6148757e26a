import t from 'tap';
import { createBackoff } from '../../../lib/sources/kube/backoff.js';

const take = (count: number, next: () => number) => Array.from({ length: count }, next);

t.test('waits double up to the longest, and start over after success', async (t) => {
  const backoff = createBackoff(800, 30_000, () => 0.5);
  t.strictSame(take(8, backoff.next), [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  backoff.reset();
  t.equal(backoff.next(), 800);
});

t.test('chance spreads each wait from half to one and a half, never beyond the longest', async (t) => {
  t.strictSame(take(3, createBackoff(100, 1000, () => 0).next), [50, 100, 200]);
  t.strictSame(take(5, createBackoff(100, 1000, () => 1).next), [150, 300, 600, 1000, 1000]);
});

t.test('a very long outage overflows nothing', async (t) => {
  const backoff = createBackoff(1, 1000, () => 0.5);
  t.equal(take(5000, backoff.next).at(-1), 1000);
});
