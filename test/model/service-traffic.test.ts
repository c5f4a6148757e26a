// What a Service as a whole says about its traffic, and what becomes of wrong values.
import t from 'tap';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import { fieldsOf } from '../../lib/model/loose-fields.js';
import { serviceTrafficOf, serviceTypeOf } from '../../lib/model/service-traffic.js';

const plain = { internalPolicy: 'Cluster', externalPolicy: 'Cluster' };

/** What differs from a Service that says nothing, then `field: message` of each problem. */
function told(spec: object, annotations: object = {}): readonly unknown[] {
  const problems: string[] = [];
  const report = (field: string, message: string) => problems.push(`${field}: ${message}`);
  const metadata = { namespace: 'default', name: 'web', annotations };
  const service = { kind: 'Service', metadata, spec } as unknown as ServiceObject;
  const fields = fieldsOf(spec);
  const traffic = serviceTrafficOf(service, fields, serviceTypeOf(fields, report), report);
  const said = Object.entries(traffic).filter(([key, value]) => fieldsOf(plain)[key] !== value);
  return [Object.fromEntries(said), ...problems];
}

t.test('traffic policies: the external one where something is external', async (t) => {
  const eTP = { externalTrafficPolicy: 'Local' };
  const table: readonly [object, object][] = [
    [{}, {}],
    [{ internalTrafficPolicy: 'Cluster', externalTrafficPolicy: 'Cluster', type: 'NodePort' }, {}],
    [{ internalTrafficPolicy: 'Local' }, { internalPolicy: 'Local' }],
    [{ internalTrafficPolicy: null }, {}],
    [eTP, {}],
    [{ ...eTP, type: 'ClusterIP' }, {}],
    [{ ...eTP, externalIPs: [] }, {}],
    [{ ...eTP, externalIPs: ['192.0.2.1'] }, { externalPolicy: 'Local' }],
    [{ ...eTP, type: 'NodePort' }, { externalPolicy: 'Local' }],
    [{ ...eTP, type: 'LoadBalancer' }, { externalPolicy: 'Local' }],
  ];
  for (const [spec, expected] of table) t.same(told(spec), [expected], JSON.stringify(spec));
});

t.test('health checks are for load balancers with the external policy Local', async (t) => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30999 };
  t.same(told(spec), [{ externalPolicy: 'Local', healthCheckNodePort: 30999 }]);
  t.same(told({ ...spec, healthCheckNodePort: 0 }), [{ externalPolicy: 'Local' }], 'not set');
  t.same(told({ ...spec, type: 'NodePort' }), [{ externalPolicy: 'Local' }]);
  t.same(told({ ...spec, externalTrafficPolicy: 'Cluster' }), [{}]);
});

t.test('session affinity has the timeout that is given, or three hours', async (t) => {
  const clientIP = (timeoutSeconds: unknown) => ({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });
  t.same(told({ sessionAffinity: 'ClientIP' }), [{ affinityTimeoutSeconds: 10_800 }]);
  t.same(told({ sessionAffinity: 'ClientIP', sessionAffinityConfig: null }), [
    { affinityTimeoutSeconds: 10_800 },
  ]);
  for (const seconds of [1, 60, 86_400]) {
    t.same(told(clientIP(seconds)), [{ affinityTimeoutSeconds: seconds }]);
  }
  t.same(told({ ...clientIP(60), sessionAffinity: 'None' }), [{}]);
  t.same(told({ ...clientIP(60), sessionAffinity: undefined }), [{}]);
});

t.test('the annotation kube-portal/drain: leave, reset or a duration', async (t) => {
  const table: readonly [unknown, object][] = [
    [undefined, {}],
    ['', {}],
    ['leave', {}],
    ['reset', { drain: { kind: 'reset', afterMs: 0 } }],
    ['0s', { drain: { kind: 'reset', afterMs: 0 } }],
    ['30s', { drain: { kind: 'reset', afterMs: 30_000 } }],
    ['1m30s', { drain: { kind: 'reset', afterMs: 90_000 } }],
  ];
  for (const [value, expected] of table) t.same(told({}, { 'kube-portal/drain': value }), [expected]);
});

t.test('trafficDistribution is kept for people to see', async (t) => {
  for (const trafficDistribution of ['PreferClose', 'PreferSameZone', 'PreferSameNode']) {
    t.same(told({ trafficDistribution }), [{ trafficDistribution }]);
  }
});

t.test('a wrong value is named with its field, and its default holds', async (t) => {
  const balanced = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
  const affinity = (timeoutSeconds: unknown) => ({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });
  const timeoutField = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const timeoutRule = 'is not an integer from 1 to 86400; 10800 is used';
  const drainField = 'metadata.annotations[kube-portal/drain]';
  const drainRule =
    'is not leave, reset or a duration such as 30s or 1m30s (up to 596h); connections are left';
  const table: readonly [spec: object, annotations: object, said: object, problem: string][] = [
    [
      { type: 'Balancer' },
      {},
      {},
      'spec.type: "Balancer" is not ClusterIP, NodePort, LoadBalancer or ExternalName: as if it was not set',
    ],
    [
      { internalTrafficPolicy: 'local' },
      {},
      {},
      'spec.internalTrafficPolicy: "local" is not Cluster or Local: as if it was not set',
    ],
    [
      { type: 'NodePort', externalTrafficPolicy: 7 },
      {},
      {},
      'spec.externalTrafficPolicy: 7 is not Cluster or Local: as if it was not set',
    ],
    [
      { ...balanced, healthCheckNodePort: 70_000 },
      {},
      { externalPolicy: 'Local' },
      'spec.healthCheckNodePort: 70000 is not an integer from 1 to 65535',
    ],
    [
      { ...balanced, healthCheckNodePort: '30999' },
      {},
      { externalPolicy: 'Local' },
      'spec.healthCheckNodePort: "30999" is not an integer from 1 to 65535',
    ],
    [
      { sessionAffinity: 'clientIP' },
      {},
      {},
      'spec.sessionAffinity: "clientIP" is not None or ClientIP: as if it was not set',
    ],
    ...[0, -1, 86_401, 1.5, '60', true].map((value): [object, object, object, string] => [
      affinity(value),
      {},
      { affinityTimeoutSeconds: 10_800 },
      `${timeoutField}: ${JSON.stringify(value)} ${timeoutRule}`,
    ]),
    ...['soon', '30', '-1s', '1us', '600h', 'Reset', 30].map((value): [object, object, object, string] => [
      {},
      { 'kube-portal/drain': value },
      {},
      `${drainField}: ${JSON.stringify(value)} ${drainRule}`,
    ]),
    [
      { trafficDistribution: 'PreferFar' },
      {},
      {},
      'spec.trafficDistribution: "PreferFar" is not PreferClose, PreferSameZone or PreferSameNode: as if it was not set',
    ],
  ];
  for (const [spec, annotations, said, problem] of table) {
    t.same(told(spec, annotations), [said, problem], JSON.stringify([spec, annotations]));
  }
});
