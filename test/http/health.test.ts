// What /healthz and /livez answer.
import t from 'tap';
import { healthAnswer } from '../../lib/http/health.js';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const waiting = { healthy: false, lastUpdatedMs: undefined, lastQueuedMs: undefined };

t.test('before the first sync the answer is 503, and the last update is the zero time of Go', async (t) => {
  t.strictSame(healthAnswer('healthz', waiting, nowMs), {
    code: 503,
    body: {
      lastUpdated: '0001-01-01 00:00:00 +0000 UTC',
      currentTime: '2026-01-02 03:04:05.678 +0000 UTC',
      nodeEligible: true,
      healthy: false,
    },
  });
});

t.test('while healthy, what is in force is up to date now', async (t) => {
  const answer = healthAnswer(
    'healthz',
    { healthy: true, lastUpdatedMs: nowMs - 60_000, lastQueuedMs: nowMs - 60_000 },
    nowMs,
  );
  t.equal(answer.code, 200);
  t.equal(answer.body.healthy, true);
  t.equal(answer.body.lastUpdated, answer.body.currentTime);
});

t.test('when a sync is overdue the answer is 503 and tells when the last one was', async (t) => {
  const answer = healthAnswer(
    'livez',
    { healthy: false, lastUpdatedMs: nowMs - 61_000, lastQueuedMs: nowMs },
    nowMs,
  );
  t.equal(answer.code, 503);
  t.equal(answer.body.lastUpdated, '2026-01-02 03:03:04.678 +0000 UTC');
});

t.test(
  '/livez is 200 while the source has not delivered, and 503 while a first sync does not succeed',
  async (t) => {
    t.match(healthAnswer('livez', waiting, nowMs), { code: 200, body: { healthy: true } });
    t.equal(healthAnswer('livez', { ...waiting, lastQueuedMs: nowMs }, nowMs).code, 503);
  },
);
