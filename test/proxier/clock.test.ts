// The system's clock: it measures, it calls back, it can be told not to.
import t from 'tap';
import { systemClock } from '../../lib/proxier/clock.js';

t.test('after() calls back once, later, unless it is cancelled', async (t) => {
  const before = systemClock.monotonic();
  let cancelled = 0;
  const cancel = systemClock.after(1, () => {
    cancelled += 1;
  });
  cancel();
  const keepAlive = setTimeout(() => {}, 10_000);
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
  clearTimeout(keepAlive);
  t.ok(systemClock.monotonic() - before >= 19);
  t.equal(cancelled, 0);
  t.ok(Math.abs(systemClock.now() - Date.now()) < 1_000);
});
