// What Kubernetes' tests pin about which endpoints a client gets: traffic policies, terminating and unready endpoints,
// and the health check nodePorts that tell load balancers.
import t from 'tap';
import type { EndpointConditions, ServiceObject, SliceEndpoint } from '../../lib/model/kube-objects.js';
import { type PodName, podEndpoint } from '../support/cluster.js';
import { clusterAddresses } from '../support/cluster-rig.js';
import { nodeIP, type Place, type Scene } from '../support/cluster-scene.js';
import { eventually } from '../support/eventually.js';
import { type Play, playAll } from './play.js';

const protocols = ['TCP', 'UDP'] as const;
const node2Ext = clusterAddresses.IPv4.nodes[1].ext;

const draining: EndpointConditions = { ready: false, serving: true, terminating: true };
const gone: EndpointConditions = { ready: false, serving: false, terminating: true };
const unready: EndpointConditions = { ready: false, serving: false, terminating: false };

function as(conditions: EndpointConditions, ...pods: readonly PodName[]): readonly SliceEndpoint[] {
  return pods.map((pod) => podEndpoint(pod, { conditions }));
}

const loadBalancer = (ip: string): Pick<ServiceObject, 'status'> => ({
  status: { loadBalancer: { ingress: [{ ip }] } },
});

/** Each place with what it is to get, over both protocols, at every kind of external address. */
async function externally(scene: Scene, expected: Partial<Record<Place, string>>): Promise<void> {
  const { externalIP, nodePort } = scene;
  for (const [from, who] of Object.entries(expected) as [Place, string][]) {
    const ownNode = from === 'pod2' || from === 'host2' || from === 'outside by node2';
    const node = from === 'outside by node2' ? node2Ext : nodeIP(ownNode ? 'node2' : 'node1');
    for (const protocol of protocols) {
      await scene.until({ from, ip: externalIP, port: 80, protocol }, who);
      await scene.until({ from, ip: node, port: nodePort, protocol }, who);
    }
  }
}

async function internally(scene: Scene, expected: Partial<Record<Place, string>>): Promise<void> {
  for (const [from, who] of Object.entries(expected) as [Place, string][]) {
    for (const protocol of protocols)
      await scene.until({ from, ip: scene.clusterIP, port: 80, protocol }, who);
  }
}

function externalService(
  scene: Scene,
  policy: 'Local' | 'Cluster',
  spec: Partial<ServiceObject['spec']> = {},
) {
  return scene.service(
    { type: 'LoadBalancer', externalTrafficPolicy: policy, ...spec },
    loadBalancer(scene.externalIP),
  );
}

const internalLocal: Play = async (t, scene) => {
  const service = scene.service({ internalTrafficPolicy: 'Local' });
  await scene.write(service, scene.slice(['a1', 'a2', 'b1']));
  await internally(scene, { pod1: 'a1 a2', calico: 'a1 a2', host1: 'a1 a2', pod2: 'b1', host2: 'b1' });
  t.pass('each node its own');
  await scene.write(service, scene.slice(['b1']));
  await internally(scene, { pod1: 'silence', host1: 'silence', pod2: 'b1', host2: 'b1' });
  t.pass('silence where there is none');
  await scene.write(service, scene.slice([]));
  await internally(scene, { pod1: 'refused', host1: 'refused', pod2: 'refused', host2: 'refused' });
  t.pass('refused where there is none at all');
};

const terminatingInternalCluster: Play = async (t, scene) => {
  const service = scene.service();
  await scene.write(service, scene.slice([podEndpoint('a1'), ...as(draining, 'b1')]));
  await internally(scene, { pod1: 'a1', pod2: 'a1' });
  await scene.write(service, scene.slice(as(draining, 'a1', 'b1')));
  await internally(scene, { pod1: 'a1 b1', pod2: 'a1 b1', host1: 'a1 b1' });
  await scene.write(service, scene.slice(as(gone, 'a1', 'b1')));
  await internally(scene, { pod1: 'refused', host2: 'refused' });
  t.pass('ready ones; those that terminate where there are no others; nobody');
};

const terminatingInternalLocal: Play = async (t, scene) => {
  const service = scene.service({ internalTrafficPolicy: 'Local' });
  await scene.write(service, scene.slice([podEndpoint('b1'), ...as(draining, 'a1')]));
  await internally(scene, { pod1: 'a1', host1: 'a1', pod2: 'b1' });
  await scene.write(service, scene.slice([podEndpoint('b1'), ...as(gone, 'a1')]));
  await internally(scene, { pod1: 'silence', pod2: 'b1' });
  t.pass('the local one that terminates, then silence');
};

const terminatingExternalCluster: Play = async (t, scene) => {
  const service = externalService(scene, 'Cluster');
  await scene.write(service, scene.slice([podEndpoint('a1'), ...as(draining, 'b1')]));
  await externally(scene, { outside: 'a1', 'outside by node2': 'a1', pod2: 'a1' });
  await scene.write(service, scene.slice(as(draining, 'a1', 'b1')));
  await externally(scene, { outside: 'a1 b1', 'outside by node2': 'a1 b1' });
  await scene.write(service, scene.slice(as(gone, 'a1', 'b1')));
  await externally(scene, { outside: 'refused', pod1: 'refused' });
  await scene.write(service, scene.slice([]));
  await externally(scene, { outside: 'refused' });
  t.pass('ready ones; those that terminate where there are no others; nobody; deleted');
};

const terminatingExternalLocal: Play = async (t, scene) => {
  const service = externalService(scene, 'Local');
  await scene.write(service, scene.slice([podEndpoint('a1'), podEndpoint('b1'), ...as(draining, 'a2')]));
  await externally(scene, { outside: 'a1', 'outside by node2': 'b1' });
  await scene.write(service, scene.slice([podEndpoint('b1'), ...as(draining, 'a1')]));
  await externally(scene, { outside: 'a1', 'outside by node2': 'b1' });
  await scene.write(service, scene.slice([podEndpoint('b1'), ...as(gone, 'a1')]));
  await externally(scene, { outside: 'silence', 'outside by node2': 'b1', pod1: 'b1' });
  await scene.write(service, scene.slice(as(gone, 'a1')));
  await externally(scene, { outside: 'refused', 'outside by node2': 'refused' });
  await scene.write(service, scene.slice([]));
  await externally(scene, { outside: 'refused' });
  t.pass('ready local; terminating local; silence; nobody; deleted');
};

interface HealthCheck {
  readonly status: number;
  readonly localEndpoints: number;
}

/** What a load balancer sees at a node's health check nodePort. */
async function healthChecks(
  scene: Scene,
  port: number,
  expected: readonly [HealthCheck, HealthCheck],
): Promise<void> {
  for (const [at, node] of (['node1', 'node2'] as const).entries()) {
    const { status, localEndpoints } = expected[at as 0 | 1];
    let last = '';
    const holds = async () => {
      const answer = await scene.cluster.get(node, `http://${nodeIP(node)}:${port}/healthz`);
      last = `${answer.status} ${answer.headers} ${answer.body}`;
      return (
        answer.status === status &&
        JSON.parse(answer.body).localEndpoints === localEndpoints &&
        answer.headers.toLowerCase().includes(`x-load-balancing-endpoint-weight: ${localEndpoints}`)
      );
    };
    await eventually(`${node} says ${status} at ${port}`, holds, 8000).catch((err: Error) => {
      throw new Error(`${err.message}; it says ${last}`);
    });
  }
}

const healthCheckTerminating: Play = async (t, scene) => {
  const port = scene.nodePort + 1;
  const service = externalService(scene, 'Local', { healthCheckNodePort: port });
  await scene.write(service, scene.slice(['a1', 'a2']));
  await healthChecks(scene, port, [
    { status: 200, localEndpoints: 2 },
    { status: 503, localEndpoints: 0 },
  ]);
  await scene.write(service, scene.slice(as(draining, 'a1', 'a2')));
  await healthChecks(scene, port, [
    { status: 503, localEndpoints: 0 },
    { status: 503, localEndpoints: 0 },
  ]);
  await externally(scene, { outside: 'a1 a2' });
  t.pass('503 with only terminating endpoints, and they serve still');
};

const plays: Readonly<Record<string, Play>> = {
  'unit/TestExternalTrafficPolicyLocal': async (t, scene) => {
    const service = externalService(scene, 'Local');
    await scene.write(service, scene.slice(['a1', 'b1', 'b2']));
    await externally(scene, { outside: 'a1', 'outside by node2': 'b1 b2' });
    t.pass('outside: what is local');
    await externally(scene, { host1: 'a1 b1 b2', host2: 'a1 b1 b2' });
    t.pass('the nodes: everything');
    await externally(scene, { pod1: 'a1 b1 b2', calico: 'a1 b1 b2', pod2: 'a1 b1 b2' });
    t.pass('pods: everything');
    await internally(scene, { pod1: 'a1 b1 b2', host2: 'a1 b1 b2' });
    await scene.write(service, scene.slice(['b1']));
    await externally(scene, { outside: 'silence', 'outside by node2': 'b1', host1: 'b1', pod1: 'b1' });
    t.pass('silence for those outside where nothing is local');
    await scene.write(service, scene.slice([]));
    await externally(scene, { outside: 'refused', host1: 'refused', pod1: 'refused' });
  },
  'unit/TestExternalTrafficPolicyCluster': async (t, scene) => {
    await scene.write(externalService(scene, 'Cluster'), scene.slice(['a1', 'b1', 'b2']));
    const all = 'a1 b1 b2';
    await externally(scene, {
      outside: all,
      'outside by node2': all,
      pod1: all,
      pod2: all,
      host1: all,
      host2: all,
    });
    t.pass('everybody gets everything');
  },
  'unit/TestInternalTrafficPolicy': internalLocal,
  'e2e/20': async (t, scene) => {
    const published = scene.service({ publishNotReadyAddresses: true });
    // The controller calls every published endpoint ready.
    await scene.write(published, scene.slice(as({ ready: true, serving: false, terminating: false }, 'a1')));
    await internally(scene, { pod1: 'a1', pod2: 'a1' });
    await scene.write(scene.service(), scene.slice(as(unready, 'a1')));
    await internally(scene, { pod1: 'refused', pod2: 'refused' });
    await scene.write(published, scene.slice(as({ ready: true, serving: false, terminating: true }, 'a1')));
    await internally(scene, { pod1: 'a1', pod2: 'a1' });
    t.pass('unready, then terminating');
  },
  'e2e/21': async (t, scene) => {
    const service = scene.service({ publishNotReadyAddresses: true });
    await scene.write(
      service,
      scene.slice(as({ ready: true, serving: false, terminating: true }, 'a1', 'b1')),
    );
    await internally(scene, { pod1: 'a1 b1', host2: 'a1 b1' });
    t.pass('both');
  },
  'e2e/22': async (t, scene) => {
    await scene.write(scene.service(), scene.slice(as(gone, 'a1', 'b1')));
    await internally(scene, { pod1: 'refused', host2: 'refused' });
    t.pass('neither');
  },
  'e2e/32': async (t, scene) => {
    await scene.write(scene.service({ publishNotReadyAddresses: true }), scene.slice(['a1']));
    await internally(scene, { pod1: 'a1' });
    // An evicted pod has no address any more, so it is in no slice.
    await scene.write(scene.service({ publishNotReadyAddresses: true }), scene.slice([]));
    await internally(scene, { pod1: 'refused', host2: 'refused' });
    t.pass('refused');
  },
  'e2e/33–35': async (t, scene) => {
    const ports = [{ name: 'tcp', port: 8380, protocol: 'TCP' }] as const;
    await scene.cluster.hosts.node1.tcpEcho(nodeIP('node1'), 8380, 'on-node1');
    await scene.cluster.hosts.node2.tcpEcho(nodeIP('node2'), 8380, 'on-node2');
    const service = scene.service({ internalTrafficPolicy: 'Local' });
    const onNode1 = podEndpoint('a1', { addresses: [nodeIP('node1')] });
    const onNode2 = podEndpoint('b1', { addresses: [nodeIP('node2')] });
    await scene.write(service, scene.slice([onNode1], { ports }));
    for (const from of ['pod1', 'calico', 'host1'] as const) {
      await scene.until({ from, ip: scene.clusterIP, port: 80 }, 'on-node1');
      t.pass(`${from}: the endpoint of its node`);
    }
    for (const from of ['pod2', 'host2'] as const) {
      await scene.until({ from, ip: scene.clusterIP, port: 80 }, 'silence');
      t.pass(`${from}: none on its node`);
    }
    await scene.write(service, scene.slice([onNode1, onNode2], { ports }));
    for (const from of ['pod2', 'host2'] as const) {
      await scene.until({ from, ip: scene.clusterIP, port: 80 }, 'on-node2');
      t.pass(`${from}: the endpoint of its node`);
    }
  },
  'e2e/37': healthCheckTerminating,
  'e2e/38': terminatingInternalCluster,
  'e2e/39': terminatingInternalLocal,
  'e2e/40': terminatingExternalCluster,
  'e2e/41': terminatingExternalLocal,
  'e2e/48': async (t, scene) => {
    const port = scene.nodePort + 1;
    for (const policy of ['Local', 'Cluster', 'Local'] as const) {
      const spec = policy === 'Local' ? { healthCheckNodePort: port } : {};
      await scene.write(externalService(scene, policy, spec), scene.slice(['b1', 'b2']));
      if (policy === 'Local') {
        await externally(scene, {
          outside: 'silence',
          'outside by node2': 'b1 b2',
          host1: 'b1 b2',
          pod1: 'b1 b2',
        });
        await healthChecks(scene, port, [
          { status: 503, localEndpoints: 0 },
          { status: 200, localEndpoints: 2 },
        ]);
      } else {
        await externally(scene, {
          outside: 'b1 b2',
          'outside by node2': 'b1 b2',
          host1: 'b1 b2',
          pod1: 'b1 b2',
        });
        const closed = async () =>
          (await scene.cluster.get('node2', `http://${nodeIP('node2')}:${port}/`)).status === 0;
        await eventually('no health check nodePort', closed, 8000);
      }
      t.pass(policy);
    }
  },
};

t.test('which endpoints', { timeout: 58_000 }, (t) =>
  playAll(t, 'conformance/traffic-policies', plays, { jobs: 6 }),
);
