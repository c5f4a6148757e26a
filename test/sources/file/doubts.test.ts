// Values of the right type that can't work.
import t from 'tap';
import type { KubeObject } from '../../../lib/model/kube-objects.js';
import { doubtsOf } from '../../../lib/sources/file/doubts.js';
import { formatFieldPath } from '../../../lib/sources/file/text-position.js';

const metadata = { namespace: 'default', name: 'x' };
const fields = (object: KubeObject): string[] => doubtsOf(object).map(({ path }) => formatFieldPath(path));

t.test('ports and addresses of a Service', async (t) => {
  t.strictSame(
    fields({
      kind: 'Service',
      metadata,
      spec: {
        clusterIP: 'nonsense',
        clusterIPs: ['10.0.0.1', 'fe80::1%eth0'],
        externalIPs: ['1.2.3'],
        ports: [
          { port: 65_536, targetPort: 0, nodePort: 0 },
          { port: 80, targetPort: 70_000, nodePort: -1 },
          { port: 65_535, targetPort: 'http' },
        ],
      },
    }),
    [
      'spec.clusterIP',
      'spec.clusterIPs[1]',
      'spec.ports[0].port',
      'spec.ports[1].targetPort',
      'spec.ports[1].nodePort',
      'spec.externalIPs[0]',
    ],
  );
  for (const clusterIP of ['', 'None', '10.0.0.1', 'fd00::1']) {
    t.strictSame(fields({ kind: 'Service', metadata, spec: { clusterIP, clusterIPs: [clusterIP] } }), []);
  }
});

t.test('what else the model would leave out of a Service is doubted where it stands', async (t) => {
  const spec = {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.1',
    ports: [
      { name: 'a', port: 80 },
      { name: 'a', port: 81 },
    ],
    externalIPs: ['192.0.2.1', '224.0.0.1'],
    sessionAffinity: 'Sometimes',
    internalTrafficPolicy: 'local',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 70_000,
    loadBalancerSourceRanges: ['192.0.2.0/24', '192.0.2.1'],
    trafficDistribution: 'PreferFar',
  };
  const annotations = { 'kube-portal/drain': 'soon' };
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'vip' }, { ip: 'lb' }] } };
  const object = { kind: 'Service', metadata: { ...metadata, annotations }, spec, status } as unknown;
  t.strictSame(fields(object as KubeObject), [
    'spec.ports[1].name',
    'spec.internalTrafficPolicy',
    'spec.healthCheckNodePort',
    'spec.sessionAffinity',
    'metadata.annotations["kube-portal/drain"]',
    'spec.trafficDistribution',
    'spec.externalIPs[1]',
    'status.loadBalancer.ingress[0].ipMode',
    'status.loadBalancer.ingress[1].ip',
    'spec.loadBalancerSourceRanges[1]',
  ]);
});

t.test('what is not there has no place, and leading zeros are no doubt', async (t) => {
  t.strictSame(fields({ kind: 'Service', metadata, spec: { type: 'NodePort', ports: [{ port: 80 }] } }), []);
  const spec = { type: 'NodePort', clusterIP: '172.30.0.041', ports: [{ port: 80 }] } as const;
  t.strictSame(fields({ kind: 'Service', metadata, spec }), []);
});

t.test('addresses of an EndpointSlice are of its family', async (t) => {
  const slice = (addressType: 'IPv4' | 'IPv6' | 'FQDN'): string[] =>
    fields({
      kind: 'EndpointSlice',
      metadata,
      addressType,
      endpoints: [{ addresses: ['10.1.0.1', 'fd00::1'] }],
      ports: [{ port: 0 }, {}],
    });
  t.strictSame(slice('IPv4'), ['endpoints[0].addresses[1]', 'ports[0].port']);
  t.strictSame(slice('IPv6'), ['endpoints[0].addresses[0]', 'ports[0].port']);
  t.strictSame(slice('FQDN'), ['ports[0].port']);
});

t.test('addresses and ports of Endpoints; a Node has none', async (t) => {
  const subsets = [
    { addresses: [{ ip: '10.1.0.1' }], notReadyAddresses: [{ ip: 'x' }], ports: [{ port: 99_999 }] },
  ];
  t.strictSame(fields({ kind: 'Endpoints', metadata, subsets }), [
    'subsets[0].notReadyAddresses[0].ip',
    'subsets[0].ports[0].port',
  ]);
  t.strictSame(fields({ kind: 'Node', metadata }), []);
});
