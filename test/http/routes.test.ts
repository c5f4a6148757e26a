// The two applications, without a socket.
import t from 'tap';
import { createMetrics } from '../../lib/http/metrics.js';
import { healthRoutes, metricsRoutes } from '../../lib/http/routes.js';
import { createSyncMetrics } from '../../lib/http/sync-metrics.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { fakeStatus } from './fakes.js';

const status = fakeStatus();
const options = {
  status,
  metrics: createMetrics({ status, sync: createSyncMetrics(), dataPlaneReason: 'asked for' }),
  configz: () => ({ 'kubeproxy.config.k8s.io': { mode: '' } }),
  clock: systemClock,
};

t.test('each application has its own paths, and no more', async (t) => {
  const table: readonly [string, number, number][] = [
    ['/healthz', 200, 200],
    ['/livez', 200, 404],
    ['/metrics', 404, 200],
    ['/proxyMode', 404, 200],
    ['/configz', 404, 200],
    ['/', 404, 404],
    ['/debug/pprof', 404, 404],
  ];
  for (const [path, health, metrics] of table) {
    t.equal((await healthRoutes(options).request(path)).status, health, `health ${path}`);
    const answer = await metricsRoutes(options).request(path);
    t.equal(answer.status, metrics, `metrics ${path}`);
    await answer.text();
  }
});

t.test('a scrape that fails, or is abandoned, gives its place back', async (t) => {
  const failing = {
    ...options,
    metrics: {
      ...options.metrics,
      async *text() {
        yield 'first\n';
        throw new Error('no more');
      },
    },
  };
  const app = metricsRoutes(failing);
  for (let i = 0; i < 6; i += 1) await t.rejects((await app.request('/metrics')).text(), /no more/);
  const other = metricsRoutes(options);
  for (let i = 0; i < 6; i += 1) await (await other.request('/metrics')).body?.cancel();
  const waiting = await Promise.all(Array.from({ length: 5 }, () => other.request('/metrics')));
  t.strictSame(
    waiting.map((answer) => answer.status),
    [200, 200, 200, 200, 503],
  );
  await Promise.all(waiting.map((answer) => answer.text()));
  t.equal((await other.request('/metrics')).status, 200);
});

t.test('/configz shows what it is given at the moment, and is not there without it', async (t) => {
  let mode = '';
  const app = metricsRoutes({ ...options, configz: () => ({ 'kubeproxy.config.k8s.io': { mode } }) });
  mode = 'userspace';
  const answer = await app.request('/configz');
  t.equal(answer.headers.get('content-type'), 'application/json');
  t.strictSame(await answer.json(), { 'kubeproxy.config.k8s.io': { mode: 'userspace' } });
  t.equal((await metricsRoutes({ ...options, configz: undefined }).request('/configz')).status, 404);
});
