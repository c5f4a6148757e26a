// Which thread an established connection moves to, and how many at a time.
import t from 'tap';
import { chooseThread, mostMoves } from '../../../lib/dataplane/linux/spread.js';

t.test('a connection moves only from a busy thread to one that is far less busy', async (t) => {
  const table: readonly [loads: readonly number[], expected: number, why: string][] = [
    [[100, 0], 0, 'its thread has time'],
    [[590, 0], 0, 'just not busy'],
    [[700, 0], 1, 'busy, and another one idle'],
    [[700, 600], 0, 'busy both'],
    [[900, 700, 300, 500], 2, 'the least busy one'],
    [[900, 100, 100], 1, 'the first of equals'],
    [[1000], 0, 'there is no other'],
  ];
  for (const [loads, expected, why] of table) t.equal(chooseThread(0, loads, 600, []), expected, why);
});

t.test('told to spread evenly, each gets as many', async (t) => {
  const given = [0, 0, 0];
  for (let number = 0; number < 9; number++) {
    const thread = chooseThread(0, [0, 0, 0], 0, given);
    given[thread] = (given[thread] ?? 0) + 1;
  }
  t.same(given, [3, 3, 3]);
});

t.test('so few move at a time that both threads end up with about as much', async (t) => {
  const table: readonly [loads: readonly number[], working: number, expected: number, why: string][] = [
    [[1000, 0], 100, 25, 'a half of a half'],
    [[900, 300], 90, 15, 'of the difference alone'],
    [[700, 400], 3, 1, 'at least one'],
    [[700, 400, 0], 40, 10, 'towards the least busy one'],
    [[0, 0], 50, 0, 'nothing is known yet'],
  ];
  for (const [loads, working, expected, why] of table) t.equal(mostMoves(0, loads, working), expected, why);
});

t.test('moving so, threads come close to each other and none is ever emptied', async (t) => {
  for (const connections of [2, 3, 12, 1000]) {
    let [own, other] = [connections, 0];
    // Each connection makes the same load, all together that of one busy thread.
    const loads = (): readonly number[] => [(1000 * own) / connections, (1000 * other) / connections];
    for (let windows = 0; windows < 20 && chooseThread(0, loads(), 300, []) === 1; windows++) {
      const moves = mostMoves(0, loads(), own);
      own -= moves;
      other += moves;
    }
    t.ok(own > 0 && other > 0, `${connections}: ${own} and ${other}`);
    t.equal(chooseThread(0, loads(), 300, []), 0, 'none moves any more');
  }
});
