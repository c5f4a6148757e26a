// From a document's value to objects, and to words about what is wrong with it.
import t from 'tap';
import { decodeDocument, objectOf } from '../../../lib/sources/file/decode.js';

const service = (spec: unknown = {}, metadata: unknown = { name: 'web' }): Record<string, unknown> => {
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
};

/** Objects, `skipped: ...`, or `<identity>! path: message`. */
function decode(value: unknown): unknown[] {
  return [...decodeDocument(value)].flatMap((decoded): unknown[] => {
    if (decoded.kind === 'object') return [objectOf(decoded.held)];
    if (decoded.kind === 'skipped') return [`skipped: ${decoded.what}`];
    return decoded.problems.map(
      ({ path, message }) => `${decoded.key ?? '?'}! ${path.join('.')}: ${message}`,
    );
  });
}

t.test('only the fields that we read are kept, and nil is absent', async (t) => {
  const full = service(
    {
      clusterIP: '10.96.0.1',
      ports: [{ port: 80, targetPort: 'http', appProtocol: 'x' }],
      selector: null,
      finalizers: ['f'],
    },
    {
      name: 'web',
      creationTimestamp: null,
      labels: { b: '2', a: '1' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{...}', kept: 'yes' },
      managedFields: [{}],
    },
  );
  t.strictSame(decode({ ...full, status: { loadBalancer: {} } }), [
    {
      kind: 'Service',
      metadata: {
        namespace: 'default',
        name: 'web',
        labels: { a: '1', b: '2' },
        annotations: { kept: 'yes' },
      },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 'http' }] },
      status: { loadBalancer: {} },
    },
  ]);
});

t.test('every kind is read', async (t) => {
  const metadata = { name: 'x', namespace: 'ns' };
  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4' };
  t.strictSame(decode({ ...slice, endpoints: null, ports: null }), [
    {
      kind: 'EndpointSlice',
      metadata: { namespace: 'ns', name: 'x' },
      addressType: 'IPv4',
      endpoints: [],
      ports: [],
    },
  ]);
  const endpoint = {
    addresses: ['10.1.0.1'],
    conditions: { ready: false, serving: null },
    nodeName: 'n1',
    zone: 'z',
    targetRef: {},
  };
  t.match(decode({ ...slice, endpoints: [endpoint], ports: [{ name: '', port: 8080, protocol: 'UDP' }] }), [
    {
      endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: false }, nodeName: 'n1', zone: 'z' }],
      ports: [{ name: '', port: 8080, protocol: 'UDP' }],
    },
  ]);
  t.strictSame(
    decode({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata,
      subsets: [{ addresses: [{ ip: '10.1.0.1', hostname: 'h' }] }],
    }),
    [
      {
        kind: 'Endpoints',
        metadata: { namespace: 'ns', name: 'x' },
        subsets: [{ addresses: [{ ip: '10.1.0.1' }] }],
      },
    ],
  );
  t.strictSame(decode({ apiVersion: 'v1', kind: 'Node', metadata, spec: { podCIDRs: ['10.1.0.0/24'] } }), [
    { kind: 'Node', metadata: { namespace: '', name: 'x' }, spec: { podCIDRs: ['10.1.0.0/24'] } },
  ]);
});

t.test('everything that the model reads of a Service, a slice or a Node arrives', async (t) => {
  const metadata = { namespace: 'default', name: 'x', annotations: { 'kube-portal/drain': '30s' } };
  const spec = {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.1',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
    externalIPs: ['192.0.2.1'],
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    internalTrafficPolicy: 'Local',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 30999,
    allocateLoadBalancerNodePorts: false,
    loadBalancerSourceRanges: ['198.51.100.0/24'],
    publishNotReadyAddresses: true,
    trafficDistribution: 'PreferClose',
  };
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'Proxy' }, { hostname: 'lb' }] } };
  t.strictSame(decode({ ...service(spec, metadata), status }), [{ kind: 'Service', metadata, spec, status }]);
  const endpoint = {
    addresses: ['10.1.0.1'],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'n1',
    zone: 'z',
    hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n1' }] },
  };
  const slice = { kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints: [endpoint], ports: [] };
  t.strictSame(decode({ ...slice, apiVersion: 'discovery.k8s.io/v1' }), [slice]);
  const node = {
    kind: 'Node',
    metadata: {
      namespace: '',
      name: 'n1',
      deletionTimestamp: '2024-01-02T03:04:05Z',
      labels: { 'topology.kubernetes.io/zone': 'z' },
    },
    spec: {
      podCIDRs: ['10.1.0.0/24'],
      taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }],
    },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
  };
  t.strictSame(decode({ ...node, apiVersion: 'v1' }), [node]);
});

t.test('lists are opened, typed and nested ones too', async (t) => {
  const inner = { apiVersion: 'v1', kind: 'ServiceList', items: [{ metadata: { name: 'a' }, spec: {} }] };
  const value = {
    apiVersion: 'v1',
    kind: 'List',
    items: [inner, service(), null, { apiVersion: 'v1', kind: 'List', items: null }],
  };
  t.match(decode(value), [{ metadata: { name: 'a' } }, { metadata: { name: 'web' } }]);
  const slices = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSliceList',
    items: [{ metadata: { name: 's' }, addressType: 'IPv6' }],
  };
  t.match(decode(slices), [{ kind: 'EndpointSlice', addressType: 'IPv6' }]);
  t.strictSame(decode({ apiVersion: 'v1', kind: 'PodList', items: [{ metadata: {} }] }), ['skipped: v1 Pod']);
  let deep: unknown = service();
  for (let i = 0; i < 20; i += 1) deep = { apiVersion: 'v1', kind: 'List', items: [deep] };
  t.match(decode(deep), [/nested more than 8 deep/]);
});

t.test('other kinds and versions are passed over', async (t) => {
  t.strictSame(decode({ apiVersion: 'apps/v1', kind: 'Deployment' }), ['skipped: apps/v1 Deployment']);
  t.strictSame(decode({ ...service(), apiVersion: 'serving.knative.dev/v1' }), [
    'skipped: serving.knative.dev/v1 Service',
  ]);
  t.strictSame(decode(null), []);
});

t.test('what is wrong is named by object, field and value', async (t) => {
  const table: readonly [unknown, string][] = [
    ['text', '?! : expected a Kubernetes object (a mapping), got "text"'],
    [[1], '?! : expected a Kubernetes object (a mapping), got a list'],
    [{ a: 1 }, '?! kind: kind: expected a string, got nothing'],
    [{ kind: 'List', items: 3 }, '?! items: List: items: expected a list, got 3'],
    [
      { ...service(), apiVersion: undefined },
      'Service default/web! apiVersion: Service default/web: apiVersion: expected "v1", got nothing',
    ],
    [
      service({}, { namespace: 'ns' }),
      '?! metadata.name: Service: metadata.name: expected a string, got nothing',
    ],
    [service({}, { name: '' }), '?! metadata.name: Service: metadata.name: expected a name, got ""'],
    [
      service({}, { name: 'a', namespace: 3 }),
      '?! metadata.namespace: Service: metadata.namespace: expected a string, got 3',
    ],
    [
      service({ ports: [{ port: 'http' }] }),
      'Service default/web! spec.ports.0.port: Service default/web: spec.ports[0].port: expected a number from 1 to 65535, got "http"',
    ],
    [
      service({ ports: [{ port: 80.5 }] }),
      'Service default/web! spec.ports.0.port: Service default/web: spec.ports[0].port: expected a number from 1 to 65535, got 80.5',
    ],
    [
      service({ ports: {} }),
      'Service default/web! spec.ports: Service default/web: spec.ports: expected a list, got a mapping',
    ],
    [
      service({ ports: [{ port: 1, protocol: 'tcp' }] }),
      'Service default/web! spec.ports.0.protocol: Service default/web: spec.ports[0].protocol: expected one of "TCP", "UDP", "SCTP", got "tcp"',
    ],
    [
      service({ ports: [{ port: 1, targetPort: [] }] }),
      'Service default/web! spec.ports.0.targetPort: Service default/web: spec.ports[0].targetPort: expected a port number or a port name, got a list',
    ],
    [service(null), 'Service default/web! spec: Service default/web: spec: expected a mapping, got null'],
    [
      service({}, { name: 'web', labels: { a: 1 } }),
      'Service default/web! metadata.labels.a: Service default/web: metadata.labels.a: expected a string, got 1',
    ],
    [
      service({ publishNotReadyAddresses: 'x'.repeat(100) }),
      `Service default/web! spec.publishNotReadyAddresses: Service default/web: spec.publishNotReadyAddresses: expected true or false, got "${'x'.repeat(56)}...`,
    ],
  ];
  for (const [value, expected] of table) t.strictSame(decode(value), [expected]);
});

t.test('equal objects are equal texts, whatever the order of their fields', async (t) => {
  const json = (value: unknown): unknown =>
    [...decodeDocument(value)].map((d) => d.kind === 'object' && d.held.json);
  t.strictSame(
    json(service({ clusterIP: '10.0.0.1', type: 'ClusterIP' }, { name: 'a', labels: { x: '1', y: '2' } })),
    json({
      spec: { type: 'ClusterIP', clusterIP: '10.0.0.1' },
      metadata: { labels: { y: '2', x: '1' }, name: 'a' },
      kind: 'Service',
      apiVersion: 'v1',
    }),
  );
});

t.test("a value that can't work is a doubt, and the object is taken", async (t) => {
  const [decoded] = decodeDocument(service({ clusterIP: '10.0.0.300', ports: [{ port: 0 }, { port: 80 }] }));
  t.match(decoded, {
    kind: 'object',
    held: { key: 'Service default/web' },
    doubts: [
      {
        path: ['spec', 'clusterIP'],
        message: 'Service default/web: spec.clusterIP: expected an IP address, got "10.0.0.300"',
      },
      {
        path: ['spec', 'ports', 0, 'port'],
        message: 'Service default/web: spec.ports[0].port: expected a number from 1 to 65535, got 0',
      },
    ],
  });
});
