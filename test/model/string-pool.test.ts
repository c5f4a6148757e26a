// One copy of strings that come again and again. That strings are one in memory can't be seen from JavaScript;
// what can be seen is that they stay right when the pool is full and starts over.
import t from 'tap';
import { createStringPool } from '../../lib/model/string-pool.js';

t.test('every string comes back equal, however many there were', async (t) => {
  const pool = createStringPool();
  for (const round of [1, 2]) {
    for (let index = 0; index < 15_000; index++) {
      if (pool(`node-${index}`) !== `node-${index}`) t.fail(`node-${index} in round ${round}`);
    }
  }
  t.equal(pool(''), '');
});
