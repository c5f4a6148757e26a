// Where does a packet end up, and whom does the endpoint see? From every place to every kind of address, over both variants of
// iptables, both data planes and both IP families, on a node that forwards packets and on one that does not: each in one of two worlds.
import t, { type Test } from 'tap';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';
import { type Cluster, createCluster, type PodName, serveOnEveryPod } from '../support/cluster.js';
import { clusterAddresses } from '../support/cluster-rig.js';
import { nodeIP, type Place, type Scene, sceneOf } from '../support/cluster-scene.js';
import type { EchoServer } from '../support/peer-client.js';

t.jobs = 2;

const protocols = ['TCP', 'UDP'] as const;

const worlds = [
  { variant: 'nft', dataPlane: 'linux', ipForward: false },
  { variant: 'legacy', dataPlane: 'node', ipForward: true },
] as const;

/** Those whose packets meet node1's rules. */
const byNode1: readonly Place[] = ['pod1', 'calico', 'host1', 'outside'];
const byNode2: readonly Place[] = ['pod2', 'host2', 'outside by node2'];

for (const { variant, dataPlane, ipForward } of worlds) {
  const name = `${variant}, ${dataPlane}, ip_forward ${ipForward ? 1 : 0}`;
  t.test(name, { buffered: true, timeout: 50_000 }, async (t) => {
    const cluster = await createCluster(t, { variant, dataPlane, ipForward });
    const servers = await serveOnEveryPod(cluster);
    const scene = sceneOf(cluster, 1);
    // Without forwarding node1's pods are out of reach for the others, and theirs are not for node1.
    const pods: readonly PodName[] = ipForward ? ['a1', 'b1'] : ['b1'];
    await writeEverything(scene, pods);
    for (const ipFamily of ipFamilies) {
      await t.test(ipFamily, (t) => everyPlace(t, scene, ipFamily, pods.join(' ')));
    }
    await t.test('whom the endpoint sees', (t) => sources(t, cluster, servers));
  });
}

async function writeEverything(scene: Scene, pods: readonly PodName[]): Promise<void> {
  const { clusterIP, clusterIP6, externalIP, externalIP6 } = scene;
  const spec = {
    type: 'LoadBalancer',
    clusterIPs: [clusterIP, clusterIP6],
    ipFamilies,
    externalIPs: [externalIP, externalIP6],
  } as const;
  const ingress = [{ ip: '198.51.100.240' }, { ip: 'fd00:198::240' }];
  await scene.write(
    scene.service(spec, { status: { loadBalancer: { ingress } } }),
    ...ipFamilies.map((ipFamily) => scene.slice(pods, { ipFamily })),
  );
}

async function everyPlace(t: Test, scene: Scene, ipFamily: IpFamily, expected: string): Promise<void> {
  const isIPv6 = ipFamily === 'IPv6';
  const { nodePort } = scene;
  const [one, two] = clusterAddresses[ipFamily].nodes;
  const everywhere = [
    [isIPv6 ? scene.clusterIP6 : scene.clusterIP, 80],
    [isIPv6 ? scene.externalIP6 : scene.externalIP, 80],
    [isIPv6 ? 'fd00:198::240' : '198.51.100.240', 80],
  ] as const;
  const local: Partial<Record<Place, readonly string[]>> = {
    pod1: [one.node, one.second ?? '', one.podGateway],
    host1: [one.node, one.second ?? '', one.podGateway, one.ext, isIPv6 ? '::1' : '127.0.0.1'],
    host2: [two.node, two.ext, isIPv6 ? '::1' : '127.0.0.1'],
    outside: [one.node, one.second ?? ''],
    pod2: [two.node, two.podGateway, one.node],
  };
  for (const from of [...byNode1, ...byNode2]) {
    if (from === 'calico' && isIPv6) continue;
    const targets = [...everywhere, ...(local[from] ?? []).map((ip) => [ip, nodePort] as const)];
    for (const [ip, port] of targets) {
      for (const protocol of protocols) await scene.until({ from, ip, port, protocol }, expected);
      t.pass(`${from} → ${ip}:${port}`);
    }
  }
}

/** A userspace proxy connects from the node: an endpoint knows no other clients. */
async function sources(
  t: Test,
  cluster: Cluster,
  servers: ReadonlyMap<PodName, readonly EchoServer[]>,
): Promise<void> {
  const clients = await Promise.all((servers.get('b1') ?? []).map((server) => server.clients()));
  const seen = new Set(clients.flat().map((client) => client.replace(/:\d+$/, '')));
  const expected = ipFamilies.flatMap((ipFamily) => {
    const gateway = clusterAddresses[ipFamily].nodes[1].podGateway;
    const both = [nodeIP('node1', ipFamily), gateway];
    return ipFamily === 'IPv6' ? both.map((ip) => `[${ip}]`) : both;
  });
  // node1 has two addresses on that network, and the kernel may take either.
  const second = ipFamilies.map((ipFamily) => clusterAddresses[ipFamily].nodes[0].second ?? '');
  const others = [...seen].filter((ip) => !expected.includes(ip) && !second.some((one) => ip.includes(one)));
  t.same(others, [], 'nobody but the nodes');
  t.ok(seen.size >= ipFamilies.length * 2, `${cluster.rig.nodes.length} nodes: ${[...seen].join(', ')}`);
}
