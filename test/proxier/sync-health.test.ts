// Healthy once synced, until a change has waited for too long.
import t from 'tap';
import { syncHealthTracker } from '../../lib/proxier/sync-health.js';
import { fakeClock } from '../support/fake-clock.js';

t.test(
  'not before the first sync; overdue when a change waits longer than allowed; well again after a sync',
  async (t) => {
    const clock = fakeClock(1_000);
    const health = syncHealthTracker(clock, () => 60_000);
    t.same(health.read(), {
      healthy: false,
      lastUpdatedMs: undefined,
      lastQueuedMs: undefined,
      families: {},
    });
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
    t.match(health.read(), { healthy: true, lastUpdatedMs: clock.now(), lastQueuedMs: clock.now() - 30_001 });
  },
);

t.test('a change that came while a sync ran still waits', async (t) => {
  const clock = fakeClock(1_000);
  const health = syncHealthTracker(clock, () => 60_000);
  const startedAtMs = clock.now();
  await clock.advance(10);
  health.queued();
  await clock.advance(10);
  health.updated(startedAtMs);
  await clock.advance(61_000);
  t.equal(health.read().healthy, false);
});

t.test('one family fails: the other is up to date, and the whole is not for long', async (t) => {
  const clock = fakeClock(1_000);
  const health = syncHealthTracker(clock, () => 60_000);
  const failed = new Set(['IPv6'] as const);
  health.updated(clock.now(), failed);
  t.match(health.read(), { healthy: false, families: { IPv4: { healthy: true, lastUpdatedMs: 1_000 } } });
  t.notOk('IPv6' in health.read().families, 'never up to date');
  health.updated(clock.now());
  await clock.advance(1);
  health.updated(clock.now(), failed);
  t.equal(health.read().healthy, true, 'it may be mended in time');
  await clock.advance(60_001);
  health.updated(clock.now(), failed);
  t.match(health.read(), {
    healthy: false,
    lastUpdatedMs: 1_000,
    families: {
      IPv4: { healthy: true, lastUpdatedMs: 61_002 },
      IPv6: { healthy: false, lastUpdatedMs: 1_000 },
    },
  });
});
