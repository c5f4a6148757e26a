import t from 'tap';
import { convertEndpointSlice } from '../../../lib/sources/kube/convert-endpoint-slice.js';

const metadata = { name: 'web-x1', namespace: 'shop' };

t.test('an EndpointSlice as the API server sends it, with only what is read', async (t) => {
  const labels = {
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'c',
    app: 'web',
  };
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '2024-01-02T03:04:05Z' };
  const { object, problems } = convertEndpointSlice({
    metadata: {
      ...metadata,
      labels,
      annotations,
      generateName: 'web-',
      ownerReferences: [{}],
      managedFields: [],
    },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.244.0.5'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'node-1',
        zone: 'a',
        hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] },
        targetRef: { kind: 'Pod', name: 'web-1', namespace: 'shop', uid: 'u' },
      },
      { addresses: ['10.244.0.6'], conditions: {} },
    ],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' }, {}],
  });
  t.strictSame(problems, []);
  t.strictSame(object, {
    kind: 'EndpointSlice',
    metadata: {
      ...metadata,
      labels: { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'c' },
      annotations,
    },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.244.0.5'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'node-1',
        zone: 'a',
        hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] },
      },
      { addresses: ['10.244.0.6'], conditions: {} },
    ],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }, {}],
  });
});

t.test('null lists are empty', async (t) => {
  const { object } = convertEndpointSlice({ metadata, addressType: 'IPv6', endpoints: null, ports: null });
  t.strictSame(object, { kind: 'EndpointSlice', metadata, addressType: 'IPv6', endpoints: [], ports: [] });
});

t.test('fields of a wrong type are left out and named, and the rest is used', async (t) => {
  const { object, problems } = convertEndpointSlice({
    metadata,
    addressType: 'IPv4',
    endpoints: [
      'nobody',
      { addresses: '10.244.0.5' },
      {
        addresses: ['10.244.0.6', 7],
        conditions: { ready: 'yes', serving: true },
        hints: { forZones: [{}, 1] },
      },
    ],
    ports: [
      { port: 1, protocol: 'QUIC' },
      { port: 8080, name: 3 },
    ],
  });
  t.strictSame(object?.endpoints, [
    { addresses: [] },
    { addresses: ['10.244.0.6'], conditions: { serving: true }, hints: { forZones: [] } },
  ]);
  t.strictSame(object?.ports, [{ port: 8080 }], 'a port of an unknown protocol is not taken for TCP');
  t.strictSame(problems.map(({ field }) => field).sort(), [
    'endpoints[0]',
    'endpoints[1].addresses',
    'endpoints[2].addresses[1]',
    'endpoints[2].conditions.ready',
    'endpoints[2].hints.forZones[1]',
    'ports[0].protocol',
    'ports[1].name',
  ]);
});

t.test('without an addressType that is known it is no EndpointSlice', async (t) => {
  for (const addressType of [undefined, null, 'IPv7', 4]) {
    const { object, problems } = convertEndpointSlice({ metadata, addressType, endpoints: [] });
    t.equal(object, undefined);
    t.strictSame(
      problems.map(({ field }) => field),
      ['addressType'],
    );
  }
});
