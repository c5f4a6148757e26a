// What /healthz and /livez answer.
import t from 'tap';
import { healthAnswer } from '../../lib/http/health.js';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 670);
const here = { eligible: true };

const waiting = { healthy: false, lastUpdatedMs: undefined, lastQueuedMs: undefined, families: {} };

t.test('before the first sync the answer is 503, and the last update is the zero time of Go', async (t) => {
  t.strictSame(healthAnswer('healthz', waiting, here, nowMs), {
    code: 503,
    body: {
      lastUpdated: '0001-01-01T00:00:00Z',
      currentTime: '2026-01-02T03:04:05.67Z',
      nodeEligible: true,
      healthy: false,
    },
  });
});

t.test(
  'while healthy, what is in force is up to date now; each family tells when it was written',
  async (t) => {
    const families = {
      IPv4: { healthy: true, lastUpdatedMs: nowMs - 60_670 },
      IPv6: { healthy: true, lastUpdatedMs: nowMs - 70_000 },
    };
    const health = { healthy: true, lastUpdatedMs: nowMs - 60_670, lastQueuedMs: nowMs - 60_670, families };
    const answer = healthAnswer('healthz', health, here, nowMs);
    t.equal(answer.code, 200);
    t.equal(
      JSON.stringify(answer.body),
      '{"lastUpdated":"2026-01-02T03:04:05.67Z","currentTime":"2026-01-02T03:04:05.67Z","nodeEligible":true,"healthy":true,' +
        '"status":{"IPv4":{"lastUpdated":"2026-01-02T03:03:05Z","healthy":true},"IPv6":{"lastUpdated":"2026-01-02T03:02:55.67Z","healthy":true}}}',
      'the order of the fields is kube-proxy’s',
    );
  },
);

t.test('when a sync is overdue the answer is 503 and tells when the last one was', async (t) => {
  const families = { IPv4: { healthy: false, lastUpdatedMs: nowMs - 61_670 } };
  const health = { healthy: false, lastUpdatedMs: nowMs - 61_670, lastQueuedMs: nowMs, families };
  const answer = healthAnswer('livez', health, here, nowMs);
  t.equal(answer.code, 503);
  t.equal(answer.body.lastUpdated, '2026-01-02T03:03:04Z');
  t.match(answer.body.status, { IPv4: { healthy: false } });
});

t.test(
  '/livez is 200 while the source has not delivered, and 503 while a first sync does not succeed',
  async (t) => {
    t.match(healthAnswer('livez', waiting, here, nowMs), { code: 200, body: { healthy: true } });
    t.equal(healthAnswer('livez', { ...waiting, lastQueuedMs: nowMs }, here, nowMs).code, 503);
  },
);

t.test('a Node that goes away makes /healthz 503 and leaves /livez, and the proxier, healthy', async (t) => {
  const families = { IPv4: { healthy: true, lastUpdatedMs: 0 } };
  const health = { healthy: true, lastUpdatedMs: 0, lastQueuedMs: 0, families };
  t.match(healthAnswer('healthz', health, { eligible: false }, nowMs), {
    code: 503,
    body: { nodeEligible: false, healthy: true, lastUpdated: '1970-01-01T00:00:00Z' },
  });
  const live = healthAnswer('livez', health, { eligible: false }, nowMs);
  t.equal(live.code, 200);
  t.notOk('nodeEligible' in live.body);
});
