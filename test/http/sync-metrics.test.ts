// Histograms of the proxier's passes, comparable with kube-proxy's.
import t from 'tap';
import { createSyncMetrics } from '../../lib/http/sync-metrics.js';
import { parseExposition } from './exposition.js';

t.test('buckets are those of kube-proxy', async (t) => {
  const metrics = createSyncMetrics();
  const programmingSeconds = { IPv4: [0.3, 61], IPv6: [] };
  metrics.syncFinished({
    durationMs: 3,
    ok: true,
    failures: [],
    full: false,
    finishedAtMs: 0,
    programmingSeconds,
  });
  const shown = parseExposition(await metrics.registry.metrics());
  const bounds = (name: string) =>
    shown.samples
      .get(`${name}_bucket`)
      ?.filter(({ labels }) => labels.ip_family === 'IPv4')
      .map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')));
  t.strictSame(bounds('kubeproxy_sync_proxy_rules_duration_seconds'), [
    0.001,
    0.002,
    0.004,
    0.008,
    0.016,
    0.032,
    0.064,
    0.128,
    0.256,
    0.512,
    1.024,
    2.048,
    4.096,
    8.192,
    16.384,
    Number.POSITIVE_INFINITY,
  ]);
  const programming = bounds('kubeproxy_network_programming_duration_seconds') ?? [];
  t.strictSame(programming.slice(0, 4), [0.25, 0.5, 1, 2]);
  t.strictSame(programming.slice(60, 64), [59, 60, 65, 70]);
  t.strictSame(
    programming.slice(-8),
    [115, 120, 150, 180, 210, 240, 270, 300, Number.POSITIVE_INFINITY].slice(-8),
  );
  t.equal(
    shown.value('kubeproxy_sync_proxy_rules_duration_seconds_bucket', { le: '0.002', ip_family: 'IPv6' }),
    0,
  );
  t.equal(
    shown.value('kubeproxy_sync_proxy_rules_duration_seconds_bucket', { le: '0.004', ip_family: 'IPv6' }),
    1,
  );
  t.equal(shown.value('kubeproxy_sync_partial_proxy_rules_duration_seconds_count', { ip_family: 'IPv4' }), 1);
  t.notOk(shown.samples.has('kubeproxy_sync_full_proxy_rules_duration_seconds_count'));
  t.equal(shown.value('kubeproxy_network_programming_duration_seconds_count'), 2);
  t.equal(shown.value('kubeproxy_network_programming_duration_seconds_sum'), 61.3);
});
