// The list of metrics of the proxier as a whole.
import t from 'tap';
import { kubeProxyMetrics } from '../../lib/http/kube-proxy-metrics.js';
import { proxierMetrics } from '../../lib/http/proxier-metrics.js';
import { fakeStatus } from './fakes.js';

t.test('names follow the habits of Prometheus, and tell whose they are', async (t) => {
  const status = fakeStatus();
  const metrics = [
    ...kubeProxyMetrics(status, async () => undefined),
    ...proxierMetrics(status, 'asked for'),
  ];
  t.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
  for (const { name, type } of metrics) {
    t.match(name, /^kube(?:proxy|portal)_[a-z_]+$/);
    // kube-proxy's names, whatever the habits.
    if (!/_iptables_total$|_no_local_endpoints_total$/.test(name))
      t.equal(name.endsWith('_total'), type === 'counter', name);
  }
});

t.test('a source that starts or fails is not healthy', async (t) => {
  const read = (health: ReturnType<ReturnType<typeof fakeStatus>['sourceHealth']>): unknown =>
    proxierMetrics({ ...fakeStatus(), sourceHealth: () => health }, 'asked for')
      .find(({ name }) => name === 'kubeportal_source_healthy')
      ?.read();
  t.equal(read({ state: 'healthy' }), 1);
  t.equal(read({ state: 'starting' }), 0);
  t.equal(read({ state: 'failing', message: 'away', sinceMs: 1 }), 0);
});

t.test('a ServicePort without a listener shows, with the reason', async (t) => {
  const servicePortName = { namespace: 'default', name: 'hss', port: 'diameter', protocol: 'SCTP' } as const;
  const problems = () => [
    { subject: 'Service default/web', message: 'no clusterIP' },
    {
      subject: 'default/hss:diameter/SCTP/IPv6',
      message: 'not served',
      notServed: { servicePortName, ipFamily: 'IPv6', reason: 'not-supported' } as const,
    },
  ];
  const metric = proxierMetrics({ ...fakeStatus(), problems }, 'asked for').find(
    ({ name }) => name === 'kubeportal_service_not_served',
  );
  const labels = {
    namespace: 'default',
    service: 'hss',
    port: 'diameter',
    protocol: 'SCTP',
    ip_family: 'IPv6',
    reason: 'not-supported',
  };
  t.same(metric?.read(), [{ labels, value: 1 }]);
  t.same(metric?.labelNames, Object.keys(labels));
});
