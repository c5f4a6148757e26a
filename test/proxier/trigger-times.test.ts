// How long changes waited until they were in force.
import t from 'tap';
import { TriggerTimes } from '../../lib/proxier/trigger-times.js';

t.test('each is told once; those from before the start never', async (t) => {
  const times = new TriggerTimes(10_000);
  times.add([9_999, 10_000, 12_000]);
  t.same(times.take(13_000), [3, 1]);
  t.same(times.take(14_000), []);
  times.add([15_000]);
  t.same(times.take(14_000), [0], 'a clock that differs from ours makes nothing negative');
});

t.test('while syncs fail, they do not pile up without end', async (t) => {
  const times = new TriggerTimes(0);
  times.add(Array.from({ length: 20_000 }, () => 5));
  t.equal(times.take(5).length, 10_000);
});
