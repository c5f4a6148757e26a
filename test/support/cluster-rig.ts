// test/support/cluster-rig.ts: network namespaces that stand for two nodes, the pods of each, and a client on a network
// of its own. Made anew for each test file, gone with it, however it ends.
//
//   pods1 10.244.1.2 .3 .4 ── eth0 ── pod0 10.244.1.1 ┐                                     outside
//         10.244.1.200 ────── cali ── cali0 (none)    ├ node1 ── ext0 192.168.77.1 ── to1 192.168.77.2 ┐
//                             net0 192.168.10.1, .101 ┘    │                                           ├ 203.0.113.2 …
//                                                      net0 (the nodes' network)                       │
//                             net0 192.168.10.2 ────┐      │                                           │
//   pods2 10.244.2.2 .3 .4 ── eth0 ── pod0 10.244.2.1 ├ node2 ── ext0 192.168.78.1 ── to2 192.168.78.2 ┘
//
// and the same in IPv6 (clusterAddresses). node1 has a second address on net0 and an interface without an IPv4 address,
// as Calico makes them, so that node1 steers by DNAT and node2 by REDIRECT. outside sends whatever is in 10.96.0.0/12
// (ClusterIPs) or 198.51.100.0/24 (external addresses) to node1, and to node2 when it sends from a `byNode2` address.
import { connectNamespaces, createNamespace, ip, type Namespace } from '../../lib/demo/namespaces.js';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';

export interface ClusterRig {
  readonly nodes: readonly [Namespace, Namespace];
  readonly pods: readonly [Namespace, Namespace];
  readonly outside: Namespace;
  close(): Promise<void>;
}

export interface ClusterRigOptions {
  /** ip_forward and its IPv6 counterpart of node1; false: its pods can't be reached from elsewhere. @default true */
  readonly ipForward?: boolean;
}

interface NodeAddresses {
  /** The Node's InternalIP. */
  readonly node: string;
  /** Another one on the same network. */
  readonly second?: string;
  readonly ext: string;
  readonly extPeer: string;
  readonly podGateway: string;
  readonly podCidr: string;
  readonly pods: readonly [string, string, string];
  /** Behind the interface without an IPv4 address. */
  readonly calicoPod?: string;
}

interface FamilyAddresses {
  readonly nodes: readonly [NodeAddresses, NodeAddresses];
  /** The outside client's own addresses; `byNode2` reaches external addresses by way of node2. */
  readonly client: string;
  readonly otherClient: string;
  readonly byNode2: string;
  readonly clusterIPs: string;
  readonly externalIPs: string;
  readonly lengths: { readonly link: number; readonly host: number };
}

export const clusterAddresses: Readonly<Record<IpFamily, FamilyAddresses>> = {
  IPv4: {
    nodes: [
      {
        node: '192.168.10.1',
        second: '192.168.10.101',
        ext: '192.168.77.1',
        extPeer: '192.168.77.2',
        podGateway: '10.244.1.1',
        podCidr: '10.244.1.0/24',
        pods: ['10.244.1.2', '10.244.1.3', '10.244.1.4'],
        calicoPod: '10.244.1.200',
      },
      {
        node: '192.168.10.2',
        ext: '192.168.78.1',
        extPeer: '192.168.78.2',
        podGateway: '10.244.2.1',
        podCidr: '10.244.2.0/24',
        pods: ['10.244.2.2', '10.244.2.3', '10.244.2.4'],
      },
    ],
    client: '203.0.113.2',
    otherClient: '203.0.113.77',
    byNode2: '203.0.113.130',
    clusterIPs: '10.96.0.0/12',
    externalIPs: '198.51.100.0/24',
    lengths: { link: 24, host: 32 },
  },
  IPv6: {
    nodes: [
      {
        node: 'fd00:10::1',
        second: 'fd00:10::101',
        ext: 'fd00:77::1',
        extPeer: 'fd00:77::2',
        podGateway: 'fd00:244:1::1',
        podCidr: 'fd00:244:1::/64',
        pods: ['fd00:244:1::2', 'fd00:244:1::3', 'fd00:244:1::4'],
      },
      {
        node: 'fd00:10::2',
        ext: 'fd00:78::1',
        extPeer: 'fd00:78::2',
        podGateway: 'fd00:244:2::1',
        podCidr: 'fd00:244:2::/64',
        pods: ['fd00:244:2::2', 'fd00:244:2::3', 'fd00:244:2::4'],
      },
    ],
    client: 'fd00:203::2',
    otherClient: 'fd00:203::77',
    byNode2: 'fd00:203::130',
    clusterIPs: 'fd00:96::/112',
    externalIPs: 'fd00:198::/112',
    lengths: { link: 64, host: 128 },
  },
};

/** What --cluster-cidr is told. */
export const podCidrs = '10.244.0.0/16,fd00:244::/32';

const calicoMac = 'ee:ee:ee:ee:ee:ee';

export async function createClusterRig(options: ClusterRigOptions = {}): Promise<ClusterRig> {
  const node1 = await createNamespace('node1');
  const opened = [node1];
  const close = async () => {
    await Promise.all(opened.map((namespace) => namespace.close()));
  };
  try {
    const others = ['node2', 'pods1', 'pods2', 'outside'].map(async (name) => {
      const made = await createNamespace(name, { family: node1 });
      opened.push(made);
      return made;
    });
    const [node2 = node1, pods1 = node1, pods2 = node1, outside = node1] = await Promise.all(others);
    const rig: ClusterRig = { nodes: [node1, node2], pods: [pods1, pods2], outside, close };
    await Promise.all([setSysctls(node1, options.ipForward ?? true), setSysctls(node2, true)]);
    await connect(rig);
    await addRoutes(rig);
    return rig;
  } catch (err) {
    await close();
    throw err;
  }
}

/** Written out, because what a new namespace starts with depends on the machine. Tests want many ICMP errors a second. */
async function setSysctls(node: Namespace, ipForward: boolean): Promise<void> {
  const value = ipForward ? 1 : 0;
  const script = `cd /proc/sys/net
    echo ${value} > ipv4/ip_forward
    echo ${value} > ipv6/conf/all/forwarding
    echo 0 > ipv4/conf/all/rp_filter
    echo 0 > ipv4/conf/default/rp_filter
    echo 0 > ipv4/icmp_ratelimit
    echo 0 > ipv6/icmp/ratelimit`;
  const result = await node.run(['sh', '-ec', script]);
  if (result.status !== 0) throw new Error(`set sysctls of ${node.name}: ${result.stderr}`);
}

async function connect({ nodes, pods, outside }: ClusterRig): Promise<void> {
  const linked = (pick: (family: FamilyAddresses) => readonly (string | undefined)[]) =>
    ipFamilies.flatMap((ipFamily) => {
      const family = clusterAddresses[ipFamily];
      return pick(family).flatMap((one) => (one === undefined ? [] : [`${one}/${family.lengths.link}`]));
    });
  const links = ([0, 1] as const).flatMap((at) => [
    connectNamespaces(
      { namespace: nodes[at], interface: 'pod0', addresses: linked(({ nodes }) => [nodes[at].podGateway]) },
      { namespace: pods[at], interface: 'eth0', addresses: linked(({ nodes }) => nodes[at].pods) },
    ),
    connectNamespaces(
      { namespace: nodes[at], interface: 'ext0', addresses: linked(({ nodes }) => [nodes[at].ext]) },
      { namespace: outside, interface: `to${at + 1}`, addresses: linked(({ nodes }) => [nodes[at].extPeer]) },
    ),
  ]);
  const ofNode = (at: 0 | 1) => linked(({ nodes }) => [nodes[at].node, nodes[at].second]);
  await Promise.all([
    ...links,
    connectNamespaces(
      { namespace: nodes[0], interface: 'net0', addresses: ofNode(0) },
      { namespace: nodes[1], interface: 'net0', addresses: ofNode(1) },
    ),
    connectNamespaces(
      { namespace: nodes[0], interface: 'cali0', addresses: ['fe80::1/64'], mac: calicoMac },
      {
        namespace: pods[0],
        interface: 'cali',
        addresses: [`${clusterAddresses.IPv4.nodes[0].calicoPod}/32`],
      },
    ),
  ]);
}

async function addRoutes({ nodes, pods, outside }: ClusterRig): Promise<void> {
  const { calicoPod } = clusterAddresses.IPv4.nodes[0];
  await Promise.all(ipFamilies.map((ipFamily) => addFamilyRoutes(ipFamily)));
  await ip(nodes[0], [`route add ${calicoPod}/32 dev cali0`]);
  await ip(pods[0], [
    `neigh add 169.254.1.1 lladdr ${calicoMac} dev cali nud permanent`,
    'route add default via 169.254.1.1 dev cali onlink table 100',
    `rule add from ${calicoPod} lookup 100`,
  ]);

  async function addFamilyRoutes(ipFamily: IpFamily): Promise<void> {
    const family = clusterAddresses[ipFamily];
    const { host } = family.lengths;
    const [one, two] = family.nodes;
    const nodad = ipFamily === 'IPv6' ? ' nodad' : '';
    const ofNode = (own: NodeAddresses, other: NodeAddresses) => [
      `route add default via ${own.extPeer}`,
      `route add ${other.podCidr} via ${other.node}`,
    ];
    await Promise.all([
      ip(nodes[0], ofNode(one, two), ipFamily),
      ip(nodes[1], ofNode(two, one), ipFamily),
      ip(pods[0], [`route add default via ${one.podGateway} src ${one.pods[0]}`], ipFamily),
      ip(pods[1], [`route add default via ${two.podGateway} src ${two.pods[0]}`], ipFamily),
      ip(
        outside,
        [
          ...[family.client, family.otherClient, family.byNode2].map(
            (address) => `address add ${address}/${host} dev lo${nodad}`,
          ),
          ...[family.clusterIPs, family.externalIPs, `${one.node}/${host}`, `${one.second}/${host}`].map(
            (to) => `route add ${to} via ${one.ext} src ${family.client}`,
          ),
          ...family.nodes.map(({ podCidr, ext }) => `route add ${podCidr} via ${ext}`),
          `route add ${two.node}/${host} via ${two.ext} src ${family.client}`,
          `route add default via ${two.ext} table 102`,
          `rule add from ${family.byNode2} lookup 102`,
        ],
        ipFamily,
      ),
    ]);
  }
}
