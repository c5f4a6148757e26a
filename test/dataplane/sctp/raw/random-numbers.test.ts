import t from 'tap';
import { randomNumbers } from '../../../../lib/dataplane/sctp/raw/random-numbers.js';

t.test('numbers below the limit, all of them sooner or later', async (t) => {
  const random = randomNumbers();
  const seen = new Set(Array.from({ length: 2000 }, () => random(10)));
  t.same([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.ok(Array.from({ length: 100 }, () => random(2 ** 32)).some((number) => number > 2 ** 31));
});
