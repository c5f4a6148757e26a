import t from 'tap';
import { convertService } from '../../../lib/sources/kube/convert-service.js';

const metadata = { name: 'web', namespace: 'shop' };

t.test('a Service as the API server sends it, with only what is read', async (t) => {
  const { object, problems } = convertService({
    metadata: {
      ...metadata,
      uid: 'u-1',
      resourceVersion: '77',
      creationTimestamp: '2024-01-02T03:04:05Z',
      generation: 3,
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
      labels: { app: 'web', 'service.kubernetes.io/service-proxy-name': 'x' },
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"kind":"Service"}',
        'service.kubernetes.io/topology-mode': 'Auto',
        'service.beta.kubernetes.io/load-balancer-source-ranges': '192.0.2.0/24',
        'kube-portal/drain': '30s',
        'example.com/note': 'hello',
      },
    },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10', 'fd00::10'],
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'PreferDualStack',
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
      ],
      selector: { app: 'web' },
      externalIPs: ['192.0.2.1'],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
      loadBalancerSourceRanges: ['192.0.2.0/24'],
      publishNotReadyAddresses: true,
      trafficDistribution: 'PreferClose',
      allocateLoadBalancerNodePorts: true,
    },
    status: {
      loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP', ports: [] }, { hostname: 'lb.example' }] },
    },
  });
  t.strictSame(problems, []);
  t.strictSame(object, {
    kind: 'Service',
    metadata: {
      ...metadata,
      uid: 'u-1',
      creationTimestamp: '2024-01-02T03:04:05Z',
      labels: { 'service.kubernetes.io/service-proxy-name': 'x' },
      annotations: {
        'service.kubernetes.io/topology-mode': 'Auto',
        'service.beta.kubernetes.io/load-balancer-source-ranges': '192.0.2.0/24',
        'kube-portal/drain': '30s',
      },
    },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10', 'fd00::10'],
      ipFamilies: ['IPv4', 'IPv6'],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
      ],
      selector: { app: 'web' },
      externalIPs: ['192.0.2.1'],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
      loadBalancerSourceRanges: ['192.0.2.0/24'],
      publishNotReadyAddresses: true,
      trafficDistribution: 'PreferClose',
      allocateLoadBalancerNodePorts: true,
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP' }, { hostname: 'lb.example' }] } },
  });
});

t.test('absent is absent: nothing is filled in', async (t) => {
  t.strictSame(convertService({ metadata, spec: { clusterIP: '10.96.0.10', ports: null }, status: {} }), {
    object: { kind: 'Service', metadata, spec: { clusterIP: '10.96.0.10' } },
    problems: [],
  });
});

t.test('fields of a wrong type are left out and named, and the rest is used', async (t) => {
  const { object, problems } = convertService({
    metadata,
    spec: {
      type: 7,
      clusterIP: '10.96.0.10',
      externalIPs: 'all',
      sessionAffinity: 'Sometimes',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 'long' } },
      ports: [{ port: 'http' }, { port: 80, protocol: 'QUIC' }, { name: 'bare' }, { port: 81, nodePort: [] }],
    },
    status: 'fine',
  });
  t.strictSame(object?.spec, {
    clusterIP: '10.96.0.10',
    ports: [{ port: 81 }],
    sessionAffinityConfig: { clientIP: {} },
  });
  t.strictSame(
    problems.map(({ field }) => field),
    [
      'spec.type',
      'spec.ports[0].port',
      'spec.ports[1].protocol',
      'spec.ports[2].port',
      'spec.ports[3].nodePort',
      'spec.externalIPs',
      'spec.sessionAffinity',
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      'status',
    ],
  );
});

t.test('without a name, a namespace or a spec it is no Service', async (t) => {
  for (const [raw, field] of [
    [undefined, ''],
    ['text', ''],
    [[], ''],
    [{ spec: {} }, 'metadata'],
    [{ metadata: { namespace: 'shop' }, spec: {} }, 'metadata.name'],
    [{ metadata: { namespace: 'shop', name: '' }, spec: {} }, 'metadata.name'],
    [{ metadata: { namespace: 'shop', name: 5 }, spec: {} }, 'metadata.name'],
    [{ metadata: { name: 'web' }, spec: {} }, 'metadata.namespace'],
    [{ metadata }, 'spec'],
    [{ metadata, spec: 5 }, 'spec'],
  ] as const) {
    const { object, problems } = convertService(raw);
    t.equal(object, undefined);
    t.strictSame(
      problems.map((problem) => problem.field),
      [field],
    );
  }
});
