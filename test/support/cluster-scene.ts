// test/support/cluster-scene.ts: one test's corner of a shared cluster: a Service of its own with a clusterIP, an
// external address, nodePorts and a manifest of its own, and the question every packet-flow test asks: where does a
// packet end up, sent from there to here?
import type { IpFamily } from '../../lib/model/ip.js';
import type {
  EndpointSliceObject,
  KubeObject,
  ServiceObject,
  ServicePortSpec,
  SliceEndpoint,
} from '../../lib/model/kube-objects.js';
import { type Cluster, indexOf, type NodeName, type PodName, podEndpoint } from './cluster.js';
import { clusterAddresses } from './cluster-rig.js';
import { eventually } from './eventually.js';
import { service, slice } from './objects.js';
import type { Peer, RequestOptions } from './peer-client.js';

/** Where a packet starts. */
export type Place =
  | 'pod1'
  | 'calico'
  | 'pod2'
  | 'host1'
  | 'host2'
  | 'outside'
  | 'outside by node2'
  | 'other client';

export interface Question {
  readonly from: Place;
  readonly ip: string;
  readonly port: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP';
}

export interface Scene {
  readonly cluster: Cluster;
  readonly name: string;
  readonly clusterIP: string;
  readonly clusterIP6: string;
  /** Of the network outside sends to a node: for externalIPs and load balancers. */
  readonly externalIP: string;
  readonly externalIP6: string;
  readonly nodePort: number;
  /** TCP and UDP on port 80, target 8080, unless `spec.ports` says otherwise. */
  service(spec?: Partial<ServiceObject['spec']>, more?: Pick<ServiceObject, 'status'>): ServiceObject;
  slice(
    endpoints: readonly (PodName | SliceEndpoint)[],
    wish?: {
      readonly ports?: EndpointSliceObject['ports'];
      readonly ipFamily?: IpFamily;
      readonly name?: string;
    },
  ): EndpointSliceObject;
  /** The whole manifest of this scene. */
  write(...objects: readonly KubeObject[]): Promise<void>;
  /** Who answers, sorted and each once: `a1 b1`; or `refused`, `silence`, `reset`, `no route`. */
  answers(question: Question): Promise<string>;
  /** A change is in force: `answers` says `expected`, within the time a busy machine may need. */
  until(question: Question, expected: string): Promise<number>;
  /** Resolves when session affinity can be seen: one pod has answered four times in a row. */
  settled(question: Question): Promise<void>;
}

const tcp: ServicePortSpec = { name: 'tcp', port: 80, protocol: 'TCP' };
const udp: ServicePortSpec = { name: 'udp', port: 80, protocol: 'UDP' };
export const bothPorts = [tcp, udp] as const;

/** Above what an answer takes on a busy machine, below what makes a test of silence long. */
const silenceMs = 1500;
const changeMs = 8000;
/** Endpoints are taken in turn, so as many as there are pods show them all. */
const rounds = 4;

/** `at`: 1 to 199, its own in the file. */
export function sceneOf(cluster: Cluster, at: number): Scene {
  const name = `scene${at}`;
  const clusterIP = `10.96.7.${at}`;
  const nodePort = 30_000 + at * 4;
  const scene: Scene = {
    cluster,
    name,
    clusterIP,
    clusterIP6: `fd00:96::${at}`,
    externalIP: `198.51.100.${at}`,
    externalIP6: `fd00:198::${at}`,
    nodePort,
    service: (spec = {}, more = {}) => {
      const ports =
        spec.ports ?? (spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? withNodePort() : bothPorts);
      return { ...service(name, clusterIP, { spec: { ...spec, ports } }), ...more };
    },
    slice: (endpoints, { ports, ipFamily = 'IPv4', name: sliceName } = {}) =>
      slice(name, [], {
        addressType: ipFamily,
        sliceName: sliceName ?? `${name}-${ipFamily.toLowerCase()}`,
        ports: ports ?? bothPorts.map((port) => ({ ...port, port: 8080 })),
        endpoints: endpoints.map((one) => (typeof one === 'string' ? podEndpoint(one, {}, ipFamily) : one)),
      }),
    write: (...objects) => cluster.manifests.write(`${name}.json`, objects),
    answers: async (question) => {
      const all = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const answer = await ask(cluster, question);
        all.add(answer);
        if (answer === 'silence') break;
      }
      return [...all].sort().join(' ');
    },
    settled: async (question) => {
      const alike = async () => /^[ab]\d$/.test(await scene.answers(question));
      await eventually(`one pod alone answers ${question.from} at ${question.ip}`, alike, changeMs);
    },
    until: async (question, expected) => {
      let last = '';
      const holds = async () => {
        last = await scene.answers(question);
        return last === expected;
      };
      const { from, ip, port, protocol = 'TCP' } = question;
      const what = `${from} → ${ip}:${port}/${protocol} ends at ${expected}`;
      return eventually(what, holds, changeMs).catch((err: Error) => {
        throw new Error(`${err.message}; it ends at ${last}`);
      });
    },
  };
  const withNodePort = () => bothPorts.map((port) => ({ ...port, nodePort }));
  return scene;
}

/** `ip` of a node, for its nodePorts. */
export function nodeIP(node: NodeName, ipFamily: IpFamily = 'IPv4'): string {
  return clusterAddresses[ipFamily].nodes[indexOf(node)].node;
}

/** What of ours sends from a place: the peer and its local address. */
export function placeOf(cluster: Cluster, from: Place, ipFamily: IpFamily): readonly [Peer, RequestOptions] {
  const family = clusterAddresses[ipFamily];
  switch (from) {
    case 'pod1':
      return [cluster.pods.node1, {}];
    case 'calico':
      return [cluster.pods.node1, { localAddress: family.nodes[0].calicoPod ?? family.nodes[0].pods[2] }];
    case 'pod2':
      return [cluster.pods.node2, {}];
    case 'host1':
      return [cluster.hosts.node1, {}];
    case 'host2':
      return [cluster.hosts.node2, {}];
    case 'outside':
      return [cluster.outside, {}];
    case 'outside by node2':
      return [cluster.outside, { localAddress: family.byNode2 }];
    case 'other client':
      return [cluster.outside, { localAddress: family.otherClient }];
  }
}

/** One connection or datagram: who answered it, or what came of it. */
export async function ask(cluster: Cluster, { from, ip, port, protocol = 'TCP' }: Question): Promise<string> {
  const [peer, options] = placeOf(cluster, from, ip.includes(':') ? 'IPv6' : 'IPv4');
  const wish = { ...options, timeoutMs: silenceMs };
  const reply =
    protocol === 'TCP' ? await peer.tcpRequest(ip, port, wish) : await peer.udpRequest(ip, port, wish);
  if (reply.ok) return reply.reply.replace(/:hello$/, '');
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'refused',
    ETIMEDOUT: 'silence',
    ECONNRESET: 'reset',
    EOF: 'closed',
    EHOSTUNREACH: 'no route',
    ENETUNREACH: 'no route',
  };
  return known[reply.errorCode ?? ''] ?? reply.errorCode ?? 'nothing';
}
