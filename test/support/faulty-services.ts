// Services with something wrong each, and one that is well (default/web), as `kube-portal explain` is to find them; and how
// it is asked.
import type { Explanation } from '../../lib/explain/explanation.js';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { service, slice } from './objects.js';
import { runProgram } from './portal.js';
import { addresses } from './rig.js';
import type { Stage } from './stage.js';

const { pods } = addresses.IPv4;
const [pod = '', secondPod = ''] = pods;
const named = (name: string, port = 80) => [{ name, port, protocol: 'TCP' as const }];
const notReady = { conditions: { ready: false } };
const loadBalancer = '192.168.77.200';

/** More than 16 rules, so that portals stand in a tree, which is looked at less often than the root chains. */
export const faultyServices: readonly KubeObject[] = [
  service('web', '10.96.1.1', { ports: [{ port: 80, nodePort: 30_101 }], spec: { type: 'NodePort' } }),
  slice('web', [pod, secondPod]),
  service('dead', '10.96.1.2'),
  slice('dead', [pod], { ports: [{ name: '', port: 9999, protocol: 'TCP' }] }),
  service('half', '10.96.1.3'),
  slice('half', [pod]),
  slice('half', [pod], { sliceName: 'half-2', ports: [{ name: '', port: 9999, protocol: 'TCP' }] }),
  service('sleepy', '10.96.1.4'),
  slice('sleepy', [], {
    endpoints: [
      { addresses: [pod], ...notReady },
      { addresses: [secondPod], ...notReady },
    ],
  }),
  service('bare', '10.96.1.5'),
  service('empty', '10.96.1.6'),
  slice('empty', []),
  service('misnamed', '10.96.1.7', { ports: named('web') }),
  slice('misnamed', [pod], { ports: named('http', 8080) }),
  service('headless', 'None'),
  slice('headless', [pod]),
  service('elsewhere', '', { spec: { type: 'ExternalName' } }),
  service('taken', '10.96.1.8', { ports: [{ port: 80, nodePort: 30_102 }], spec: { type: 'NodePort' } }),
  slice('taken', [pod]),
  service('winner', '10.96.1.9', { creationTimestamp: '2020-01-01T00:00:00Z' }),
  slice('winner', [pod]),
  service('loser', '10.96.1.9', { creationTimestamp: '2021-01-01T00:00:00Z' }),
  slice('loser', [pod]),
  {
    ...service('balanced', '10.96.1.10', {
      spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.168.77.0/24'] },
    }),
    status: { loadBalancer: { ingress: [{ ip: loadBalancer }] } },
  },
  slice('balanced', [pod]),
  service('circle', '10.96.1.11'),
  slice('circle', ['10.96.1.11'], { ports: [{ name: '', port: 80, protocol: 'TCP' }] }),
  service('local', '10.96.1.12', { spec: { internalTrafficPolicy: 'Local' } }),
  slice('local', [], { endpoints: [{ addresses: [pod], nodeName: 'another' }] }),
  service('stream', '10.96.1.13', { ports: [{ port: 80, protocol: 'SCTP' }] }),
  slice('stream', [pod], { ports: [{ name: '', port: 8080, protocol: 'SCTP' }] }),
  service('dns', '10.96.1.14', { ports: [{ port: 53, protocol: 'UDP' }] }),
  slice('dns', [pod], { ports: [{ name: '', port: 9953, protocol: 'UDP' }] }),
  ...Array.from({ length: 12 }, (_, at) => service(`filler-${at}`, `10.96.2.${at + 1}`)),
];

export async function explain(stage: Stage, args: readonly string[]) {
  const result = await runProgram(stage.rig.node, [
    'explain',
    ...args,
    '--json',
    `--admin-socket=${stage.adminSocket}`,
  ]);
  return { ...result, explanation: JSON.parse(result.stdout) as Explanation };
}
