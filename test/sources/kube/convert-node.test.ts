import t from 'tap';
import { convertNode } from '../../../lib/sources/kube/convert-node.js';

t.test('a Node as the API server sends it, with only what is read', async (t) => {
  const labels = { 'topology.kubernetes.io/zone': 'a', disk: 'fast' };
  const { object, problems } = convertNode({
    metadata: {
      name: 'node-1',
      labels,
      annotations: { 'example.com/x': '1' },
      deletionTimestamp: '2024-01-02T03:04:05Z',
    },
    spec: {
      podCIDR: '10.244.0.0/24',
      podCIDRs: ['10.244.0.0/24'],
      taints: [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }, { key: 'half' }],
    },
    status: {
      addresses: [{ type: 'InternalIP', address: '192.0.2.7' }],
      images: [{ names: ['x'], sizeBytes: 1 }],
    },
  });
  t.strictSame(problems, []);
  t.strictSame(object, {
    kind: 'Node',
    metadata: { namespace: '', name: 'node-1', deletionTimestamp: '2024-01-02T03:04:05Z', labels },
    spec: {
      podCIDRs: ['10.244.0.0/24'],
      taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }],
    },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
  });
});

t.test('a Node with nothing but a name', async (t) => {
  t.strictSame(convertNode({ metadata: { name: 'n' } }).object, {
    kind: 'Node',
    metadata: { namespace: '', name: 'n' },
  });
});
