// When two ServicePorts are served alike.
import t from 'tap';
import { sameServicePort } from '../../lib/model/same-service-port.js';
import { type ServicePortWish, servicePort } from '../support/service-port.js';

const full: ServicePortWish = {
  creationTimestamp: '2024-01-01T00:00:00Z',
  nodePort: 30080,
  externalIPs: ['192.0.2.1'],
  loadBalancerIPs: ['192.0.2.9'],
  sourceRanges: ['198.51.100.0/24'],
  healthCheckNodePort: 30999,
  affinityTimeoutSeconds: 60,
  drain: { kind: 'reset', afterMs: 0 },
  trafficDistribution: 'PreferClose',
};

t.test('equal ones are the same', async (t) => {
  t.ok(sameServicePort(servicePort(), servicePort()));
  t.ok(sameServicePort(servicePort(full), servicePort(structuredClone(full))));
});

t.test('any difference counts', async (t) => {
  const others: readonly ServicePortWish[] = [
    { name: { name: 'db' } },
    { clusterIP: '10.96.0.2' },
    { port: 81 },
    { creationTimestamp: '2024-01-02T00:00:00Z' },
    { nodePort: 30081 },
    { externalIPs: ['192.0.2.2'] },
    { externalIPs: ['192.0.2.1', '192.0.2.2'] },
    { loadBalancerIPs: [] },
    { sourceRanges: [] },
    { internalPolicy: 'Local' },
    { externalPolicy: 'Local' },
    { healthCheckNodePort: 30998 },
    { affinityTimeoutSeconds: 61 },
    { drain: { kind: 'reset', afterMs: 1 } },
    { drain: { kind: 'leave' } },
    { trafficDistribution: 'PreferSameNode' },
  ];
  for (const other of others) {
    t.notOk(sameServicePort(servicePort(full), servicePort({ ...full, ...other })), JSON.stringify(other));
  }
  for (const field of Object.keys(full)) {
    const { [field as keyof ServicePortWish]: _, ...rest } = full;
    t.notOk(sameServicePort(servicePort(full), servicePort(rest)), `without ${field}`);
    t.notOk(sameServicePort(servicePort(rest), servicePort(full)), `with ${field}`);
  }
});
