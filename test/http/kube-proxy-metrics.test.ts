// kube-proxy's metrics that are read at scrape time.
import t from 'tap';
import { kubeProxyMetrics } from '../../lib/http/kube-proxy-metrics.js';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { servicePort } from '../support/service-port.js';
import { fakeStatus } from './fakes.js';

const noCounts = async () => undefined;

async function read(name: string, status = fakeStatus(), counts = noCounts): Promise<unknown> {
  return kubeProxyMetrics(status, counts)
    .find((metric) => metric.name === `kubeproxy_${name}`)
    ?.read();
}

t.test('Services without an endpoint here are counted by family and policy', async (t) => {
  const web = servicePort({ internalPolicy: 'Local', nodePort: 30_080, externalPolicy: 'Local' });
  const elsewhere: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
  const status = fakeStatus();
  status.snapshot = () => ({
    servicePorts: new Map([[web.key, web]]),
    portals: new Map(),
    endpoints: new Map([[web.key, { ...noEndpoints, Cluster: [elsewhere], hasAny: true }]]),
    problems: [],
  });
  t.strictSame(await read('sync_proxy_rules_no_local_endpoints_total', status), [
    { labels: { ip_family: 'IPv4', traffic_policy: 'internal' }, value: 1 },
    { labels: { ip_family: 'IPv4', traffic_policy: 'external' }, value: 1 },
    { labels: { ip_family: 'IPv6', traffic_policy: 'internal' }, value: 0 },
    { labels: { ip_family: 'IPv6', traffic_policy: 'external' }, value: 0 },
  ]);
});

t.test(
  'a family that was never up to date has no timestamp; packets that are not known no sample',
  async (t) => {
    t.strictSame(await read('sync_proxy_rules_last_timestamp_seconds'), [
      { labels: { ip_family: 'IPv4' }, value: 1_700_000_000.5 },
    ]);
    t.equal(await read('iptables_ct_state_invalid_dropped_packets_total'), undefined);
  },
);
