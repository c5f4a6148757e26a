// Healthy once synced, until a change has waited for too long.
import t from 'tap';
import { syncHealthTracker } from '../../lib/proxier/sync-health.js';
import { fakeClock } from '../support/fake-clock.js';

t.test(
  'not before the first sync; overdue when a change waits longer than allowed; well again after a sync',
  async (t) => {
    const clock = fakeClock(1_000);
    const health = syncHealthTracker(clock, 60_000);
    t.same(health.read(), { healthy: false, lastUpdatedMs: undefined, lastQueuedMs: undefined });
    health.queued();
    health.updated(clock.now());
    t.equal(health.read().healthy, true);
    await clock.advance(1_000_000);
    t.equal(health.read().healthy, true, 'nothing waits');
    health.queued();
    await clock.advance(30_000);
    health.queued();
    await clock.advance(30_000);
    t.equal(health.read().healthy, true);
    await clock.advance(1);
    t.equal(health.read().healthy, false, 'the oldest counts');
    health.updated(clock.now());
    t.same(health.read(), { healthy: true, lastUpdatedMs: clock.now(), lastQueuedMs: clock.now() - 30_001 });
  },
);

t.test('a change that came while a sync ran still waits', async (t) => {
  const clock = fakeClock(1_000);
  const health = syncHealthTracker(clock, 60_000);
  const startedAtMs = clock.now();
  await clock.advance(10);
  health.queued();
  await clock.advance(10);
  health.updated(startedAtMs);
  await clock.advance(61_000);
  t.equal(health.read().healthy, false);
});
