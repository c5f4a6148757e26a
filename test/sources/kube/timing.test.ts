import t from 'tap';
import { defaultKubeTiming } from '../../../lib/sources/kube/timing.js';

t.test('the defaults fit each other and the API server', async (t) => {
  const timing = defaultKubeTiming;
  t.ok(timing.backoffInitialMs < timing.backoffMaxMs);
  t.ok(
    timing.watchTimeoutSeconds.min >= 300 && timing.watchTimeoutSeconds.max <= 600,
    'client-go: 5 to 10 minutes',
  );
  t.ok(timing.watchSlackMs > 0, 'the server ends a watch before we do');
  t.ok(timing.answerTimeoutMs >= 60_000, "not before the API server's own request timeout");
  t.ok(timing.failingAfterMs > 2 * timing.backoffInitialMs, 'a second try comes before anybody is alarmed');
  t.ok(timing.minWatchMs <= timing.failingAfterMs);
});
