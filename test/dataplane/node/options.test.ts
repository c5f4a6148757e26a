// The defaults of the node data plane.
import t from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { resolveOptions } from '../../../lib/dataplane/node/options.js';

const newBalancer = () => listenerBalancer({ setAsideMs: 0 });

t.test('what is not said has its documented default', async (t) => {
  const { dialTimeoutMs, dialBudgetMs, halfClosedTimeoutMs, udpIdleTimeoutMs } = resolveOptions({
    newBalancer,
    maxConnections: 1,
  });
  t.same(
    { dialTimeoutMs, dialBudgetMs, halfClosedTimeoutMs, udpIdleTimeoutMs },
    {
      dialTimeoutMs: 1000,
      dialBudgetMs: 5000,
      halfClosedTimeoutMs: 60_000,
      udpIdleTimeoutMs: 30_000,
    },
  );
});

t.test('what is said stays, zero too', async (t) => {
  const options = { newBalancer, maxConnections: 7, dialBudgetMs: 0, halfClosedTimeoutMs: 0 };
  t.match(resolveOptions(options), options);
});
