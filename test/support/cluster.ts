// test/support/cluster.ts: all that a test of a whole cluster needs: a rig of two nodes with the program running on
// each, echo servers on the pods, and questions asked from every place. Tests of one file share it; each has a scene of
// its own (cluster-scene.ts).
import type { IptablesVariant } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import { ipFamilies } from '../../lib/model/ip.js';
import type { NodeObject, SliceEndpoint } from '../../lib/model/kube-objects.js';
import {
  type ClusterRig,
  type ClusterRigOptions,
  clusterAddresses,
  createClusterRig,
  podCidrs,
} from './cluster-rig.js';
import { createManifestFolder, type ManifestFolder } from './manifest-folder.js';
import { type EchoServer, type Peer, startPeer } from './peer-client.js';
import { type Program, type ProgramOptions, startProgram } from './portal.js';
import type { DataPlaneKind, WithTeardown } from './stage.js';

/** Pods by name: the letter is the node's, the number the pod's. */
export type PodName = 'a1' | 'a2' | 'a3' | 'b1' | 'b2' | 'b3';
export const podNames: readonly PodName[] = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'];

export type NodeName = 'node1' | 'node2';
export const nodeNames = ['node1', 'node2'] as const;

export interface ClusterOptions extends ClusterRigOptions {
  /** @default nft */
  readonly variant?: IptablesVariant;
  /** @default the program's own */
  readonly dataPlane?: DataPlaneKind;
  /** For every start of the program. */
  readonly flags?: readonly string[];
}

export interface Cluster {
  readonly rig: ClusterRig;
  readonly manifests: ManifestFolder;
  /** In the nodes' own namespaces. */
  readonly hosts: Readonly<Record<NodeName, Peer>>;
  readonly pods: Readonly<Record<NodeName, Peer>>;
  readonly outside: Peer;
  /** The programs of the latest start. */
  readonly programs: Readonly<Record<NodeName, Program>>;
  /** Ends the program of a node and starts it again; resolves when it forwards. */
  restart(node: NodeName, signal?: NodeJS.Signals, flags?: readonly string[]): Promise<Program>;
  start(node: NodeName, flags?: readonly string[], options?: ProgramOptions): Program;
  /** Runs in a node; rejects unless its exit status is 0. Resolves with stdout. */
  run(node: NodeName, command: string): Promise<string>;
  /** `http://…` as curl in a node's namespace sees it; status 0 when nobody answers. */
  get(node: NodeName, url: string): Promise<HttpAnswer>;
  /** `iptables-save` without dates and counters. */
  saved(node: NodeName, ipFamily?: IpFamily): Promise<string>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

export function indexOf(node: NodeName): 0 | 1 {
  return node === 'node1' ? 0 : 1;
}

export function nodeOf(pod: PodName): NodeName {
  return pod.startsWith('a') ? 'node1' : 'node2';
}

export function podIP(pod: PodName, ipFamily: IpFamily = 'IPv4'): string {
  const { pods } = clusterAddresses[ipFamily].nodes[indexOf(nodeOf(pod))];
  return pods[Number(pod.slice(1)) - 1] ?? '';
}

export function zoneOf(node: NodeName): string {
  return node === 'node1' ? 'zone-a' : 'zone-b';
}

export function nodeObject(node: NodeName): NodeObject {
  const at = indexOf(node);
  return {
    kind: 'Node',
    metadata: { namespace: '', name: node, labels: { 'topology.kubernetes.io/zone': zoneOf(node) } },
    spec: { podCIDRs: ipFamilies.map((ipFamily) => clusterAddresses[ipFamily].nodes[at].podCidr) },
    status: {
      addresses: ipFamilies.map((ipFamily) => ({
        type: 'InternalIP',
        address: clusterAddresses[ipFamily].nodes[at].node,
      })),
    },
  };
}

/** As an EndpointSlice has it: with node and zone. */
export function podEndpoint(
  pod: PodName,
  wish: Partial<SliceEndpoint> = {},
  ipFamily: IpFamily = 'IPv4',
): SliceEndpoint {
  const nodeName = nodeOf(pod);
  return { addresses: [podIP(pod, ipFamily)], nodeName, zone: zoneOf(nodeName), ...wish };
}

/** Both nodes forward when it resolves. */
export async function createCluster(t: WithTeardown, options: ClusterOptions = {}): Promise<Cluster> {
  const { variant = 'nft', dataPlane = 'auto', flags: always = [] } = options;
  const manifests = await createManifestFolder();
  t.teardown(() => manifests.close());
  const rig = await createClusterRig(options);
  t.teardown(() => rig.close());
  await manifests.write('nodes.json', nodeNames.map(nodeObject));
  const start: Cluster['start'] = (node, flags = [], programOptions = {}) =>
    startProgram(
      rig.nodes[indexOf(node)],
      [
        'run',
        `--manifests=${manifests.path}`,
        `--hostname-override=${node}`,
        `--iptables-variant=${variant}`,
        `--data-plane=${dataPlane}`,
        `--cluster-cidr=${podCidrs}`,
        // The file system is everybody's, unlike the network.
        `--admin-socket=${manifests.path}-${node}.sock`,
        '--v=2',
        ...always,
        ...flags,
      ],
      programOptions,
    );
  const programs = { node1: start('node1'), node2: start('node2') };
  const [host1, host2, pods1, pods2, outside] = await Promise.all([
    startPeer(rig.nodes[0]),
    startPeer(rig.nodes[1]),
    startPeer(rig.pods[0]),
    startPeer(rig.pods[1]),
    startPeer(rig.outside),
  ]);
  await Promise.all(nodeNames.map((node) => programs[node].forwarding()));
  const run: Cluster['run'] = async (node, command) => {
    const result = await rig.nodes[indexOf(node)].run(command.split(' '));
    if (result.status !== 0) throw new Error(`${command} on ${node}: ${result.stderr}`);
    return result.stdout;
  };
  return {
    rig,
    manifests,
    hosts: { node1: host1, node2: host2 },
    pods: { node1: pods1, node2: pods2 },
    outside,
    programs,
    start,
    restart: async (node, signal = 'SIGTERM', flags = []) => {
      await programs[node].end(signal);
      programs[node] = start(node, flags);
      return programs[node].forwarding();
    },
    run,
    get: async (node, url) => {
      const argv = ['curl', '-sgi', '-m', '3', '-w', '\n%{http_code}', url];
      const { stdout } = await rig.nodes[indexOf(node)].run(argv);
      const end = stdout.lastIndexOf('\n');
      const [headers = '', ...body] = stdout.slice(0, end).split('\r\n\r\n');
      return { status: Number(stdout.slice(end + 1)), headers, body: body.join('\r\n\r\n') };
    },
    saved: async (node, ipFamily = 'IPv4') => {
      const text = await run(node, `${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}-save`);
      return text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]');
    },
  };
}

/** Echo servers for TCP and UDP, named after their pods, on `port` of every address of every pod. */
export async function serveOnEveryPod(
  cluster: Cluster,
  port = 8080,
  families: readonly IpFamily[] = ipFamilies,
): Promise<ReadonlyMap<PodName, readonly EchoServer[]>> {
  const servers = podNames.map(async (pod) => {
    const peer = cluster.pods[nodeOf(pod)];
    const ofPod = families.flatMap((ipFamily) => [
      peer.tcpEcho(podIP(pod, ipFamily), port, pod),
      peer.udpEcho(podIP(pod, ipFamily), port, pod),
    ]);
    return [pod, await Promise.all(ofPod)] as const;
  });
  return new Map(await Promise.all(servers));
}
