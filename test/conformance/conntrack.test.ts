// What Kubernetes' tests pin about UDP and conntrack: a client that keeps its socket and never pauses long reaches the
// endpoints of now, by whatever address it sends to, also over a time without any.
import t, { type Test } from 'tap';
import type { ServiceObject, SliceEndpoint } from '../../lib/model/kube-objects.js';
import { type PodName, podEndpoint, podIP } from '../support/cluster.js';
import { nodeIP, type Place, placeOf, type Scene } from '../support/cluster-scene.js';
import { eventually } from '../support/eventually.js';
import type { Conversation } from '../support/peer-client.js';
import { type Play, playAll } from './play.js';

/** e2e gives 30 s. */
const changeMs = 8000;

/** One socket for the whole test, sending all the time. */
async function openFlow(scene: Scene, from: Place, ip: string, port: number): Promise<Conversation> {
  const [peer, options] = placeOf(scene.cluster, from, 'IPv4');
  return peer.udpOpen(ip, port, { ...options, timeoutMs: 150 });
}

async function answeredBy(flow: Conversation, who: string): Promise<number> {
  return eventually(`${who} answers`, async () => (await flow.exchange('x')) === `${who}:x`, changeMs);
}

/** Until nobody answers: refused, or silence. */
async function unanswered(flow: Conversation): Promise<void> {
  const failed = async () =>
    flow.exchange('x').then(
      () => false,
      () => true,
    );
  await eventually('nobody answers', failed, changeMs);
}

interface Cycle {
  readonly service: ServiceObject;
  readonly ip: string;
  readonly port: number;
  readonly froms: readonly Place[];
  /** The endpoints, one after another. */
  readonly pods: readonly (PodName | undefined)[];
}

/** A client first sends into a Service without endpoints, then each pod in turn has to answer the same socket. */
async function cycle(t: Test, scene: Scene, { service, ip, port, froms, pods }: Cycle): Promise<void> {
  await scene.write(service, scene.slice([]));
  const flows = await Promise.all(froms.map((from) => openFlow(scene, from, ip, port)));
  await Promise.all(flows.map(unanswered));
  for (const pod of pods) {
    await scene.write(service, scene.slice(pod === undefined ? [] : [pod]));
    for (const [at, flow] of flows.entries()) {
      if (pod === undefined) await unanswered(flow);
      else t.pass(`${froms[at]}: ${pod} answers after ${await answeredBy(flow, pod)} ms`);
    }
  }
  await Promise.all(flows.map((flow) => flow.close()));
}

const around: readonly (PodName | undefined)[] = ['a1', 'b1', undefined, 'a2', undefined, 'a1'];

const plays: Readonly<Record<string, Play>> = {
  'e2e/52': (t, scene) =>
    cycle(t, scene, {
      service: scene.service({ type: 'NodePort' }),
      ip: nodeIP('node1'),
      port: scene.nodePort,
      froms: ['outside', 'pod1', 'pod2', 'host2'],
      pods: around,
    }),
  'e2e/53': (t, scene) =>
    cycle(t, scene, {
      service: scene.service(),
      ip: scene.clusterIP,
      port: 80,
      froms: ['pod1', 'calico', 'pod2'],
      pods: around,
    }),
  'e2e/54': (t, scene) =>
    cycle(t, scene, {
      service: scene.service({ internalTrafficPolicy: 'Local' }),
      ip: scene.clusterIP,
      port: 80,
      froms: ['pod1', 'host1'],
      pods: ['a1', 'a2', undefined, 'a2', 'a1'],
    }),
  'e2e/55': (t, scene) =>
    cycle(t, scene, {
      service: scene.service(),
      ip: scene.clusterIP,
      port: 80,
      froms: ['host1', 'host2'],
      pods: around,
    }),
  'e2e/56': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const unready: SliceEndpoint = podEndpoint('a1', { conditions: { ready: false, serving: false } });
    await scene.write(scene.service(), scene.slice([unready]));
    const flow = await openFlow(scene, 'pod2', ip, 80);
    await unanswered(flow);
    await scene.write(scene.service(), scene.slice(['a1']));
    t.pass(`answered ${await answeredBy(flow, 'a1')} ms after the pod is ready`);
    await scene.write(scene.service(), scene.slice([unready]));
    await unanswered(flow);
    await flow.close();
  },
  'e2e/58': async (t, scene) => {
    const { clusterIP: ip, cluster } = scene;
    await cluster.pods.node1.udpEcho(podIP('a1'), 8458, 'second');
    const targets = (port: number) => [{ name: 'udp', port, protocol: 'UDP' }] as const;
    await scene.write(scene.service(), scene.slice(['a1'], { ports: targets(8080) }));
    const flows = await Promise.all(
      (['pod1', 'pod2', 'host1'] as const).map((from) => openFlow(scene, from, ip, 80)),
    );
    for (const flow of flows) await answeredBy(flow, 'a1');
    await scene.write(scene.service(), scene.slice(['a1'], { ports: targets(8458) }));
    for (const flow of flows) t.pass(`after ${await answeredBy(flow, 'second')} ms`);
    await Promise.all(flows.map((flow) => flow.close()));
  },
  'e2e/96–97': (t, scene) =>
    cycle(t, scene, {
      service: scene.service(
        { type: 'LoadBalancer' },
        { status: { loadBalancer: { ingress: [{ ip: scene.externalIP }] } } },
      ),
      ip: scene.externalIP,
      port: 80,
      froms: ['outside', 'outside by node2', 'pod1', 'host2'],
      pods: around,
    }),
};

t.test('conntrack', { timeout: 55_000 }, (t) => playAll(t, 'conformance/conntrack', plays));
