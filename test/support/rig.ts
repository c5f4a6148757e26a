// test/support/rig.ts: three network namespaces that stand for a node, its pods and the world outside. Made anew for
// each test file (nothing is shared, so files may run in parallel), gone with it, however it ends.
//
//   pods                                   node (the proxy)                      outside
//   10.244.0.2 .3 .4 ── eth0 ──── pod0 ── 10.244.0.1                 192.168.77.2
//   fd00:10:244::2 ::3 ::4                 fd00:10:244::1             fd00:77::2
//   10.244.1.2       ── cali ──── cali0 ── (no IPv4 address;    ext0 ── eth0
//   fd00:10:244:1::2                        fe80::1 only)         192.168.77.1
//                                                                 fd00:77::1
//
// The node's default route is by way of `outside`, so a ClusterIP has a route there and can meet the rules of OUTPUT;
// a packet to one that no rule captures gets to `outside` and is dropped there. pods and outside
// reach ClusterIPs (10.96.0.0/12, fd00:10:96::/112) by way of the node. A client in pods chooses its way by its
// local address: 10.244.1.2 leaves through `cali`. That pair is as Calico makes them: the node's end has no address
// of its own; the pod's gateway 169.254.1.1 is a fixed neighbour (Calico's proxy ARP needs ip_forward, which may be 0).
import { connectNamespaces, createNamespace, ip, type Namespace } from '../../lib/demo/namespaces.js';

export interface Rig {
  readonly node: Namespace;
  readonly pods: Namespace;
  readonly outside: Namespace;
  close(): Promise<void>;
}

export interface RigOptions {
  /** net.ipv4.ip_forward and its IPv6 counterpart, in the node. @default false */
  readonly ipForward?: boolean;
  /**
   * False: cali0 has addresses of its own (10.244.1.1, fd00:10:244:1::1), so that no interface of the node lacks one
   * and the program steers by REDIRECT; else by DNAT. @default true
   */
  readonly addressless?: boolean;
}

export const addresses = {
  IPv4: {
    node: { pods: '10.244.0.1', calico: '10.244.1.1', outside: '192.168.77.1' },
    pods: ['10.244.0.2', '10.244.0.3', '10.244.0.4'],
    calicoPod: '10.244.1.2',
    outside: '192.168.77.2',
    clusterCidr: '10.96.0.0/12',
  },
  IPv6: {
    node: { pods: 'fd00:10:244::1', calico: 'fd00:10:244:1::1', outside: 'fd00:77::1' },
    pods: ['fd00:10:244::2', 'fd00:10:244::3', 'fd00:10:244::4'],
    calicoPod: 'fd00:10:244:1::2',
    outside: 'fd00:77::2',
    clusterCidr: 'fd00:10:96::/112',
  },
} as const;

const calicoMac = 'ee:ee:ee:ee:ee:ee';

export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const node = await createNamespace('node');
  const opened = [node];
  const close = async () => {
    await Promise.all(opened.map((namespace) => namespace.close()));
  };
  try {
    const pods = await createNamespace('pods', { family: node });
    opened.push(pods);
    const outside = await createNamespace('outside', { family: node });
    opened.push(outside);
    await setSysctls(node, options.ipForward ?? false);
    await connect(node, pods, outside, options.addressless ?? true);
    await addRoutes(node, pods, outside);
    return { node, pods, outside, close };
  } catch (err) {
    await close();
    throw err;
  }
}

/** Written out, because what a new namespace starts with depends on the machine. */
async function setSysctls(node: Namespace, ipForward: boolean): Promise<void> {
  const value = ipForward ? 1 : 0;
  const result = await node.run([
    'sh',
    '-ec',
    `cd /proc/sys/net
     echo ${value} > ipv4/ip_forward
     echo ${value} > ipv6/conf/all/forwarding
     echo 0 > ipv4/conf/all/rp_filter
     echo 0 > ipv4/conf/default/rp_filter`,
  ]);
  if (result.status !== 0) throw new Error(`set sysctls of the node: ${result.stderr}`);
}

async function connect(
  node: Namespace,
  pods: Namespace,
  outside: Namespace,
  addressless: boolean,
): Promise<void> {
  const { IPv4, IPv6 } = addresses;
  const ofCali = addressless ? [] : [`${IPv4.node.calico}/32`, `${IPv6.node.calico}/128`];
  const podAddresses = [
    ...IPv4.pods.map((address) => `${address}/24`),
    ...IPv6.pods.map((address) => `${address}/64`),
  ];
  const calicoAddresses = [`${IPv4.calicoPod}/32`, `${IPv6.calicoPod}/128`];
  await Promise.all([
    connectNamespaces(
      { namespace: node, interface: 'pod0', addresses: [`${IPv4.node.pods}/24`, `${IPv6.node.pods}/64`] },
      { namespace: pods, interface: 'eth0', addresses: podAddresses },
    ),
    connectNamespaces(
      { namespace: node, interface: 'cali0', addresses: ['fe80::1/64', ...ofCali], mac: calicoMac },
      { namespace: pods, interface: 'cali', addresses: calicoAddresses },
    ),
    connectNamespaces(
      {
        namespace: node,
        interface: 'ext0',
        addresses: [`${IPv4.node.outside}/24`, `${IPv6.node.outside}/64`],
      },
      { namespace: outside, interface: 'eth0', addresses: [`${IPv4.outside}/24`, `${IPv6.outside}/64`] },
    ),
  ]);
}

async function addRoutes(node: Namespace, pods: Namespace, outside: Namespace): Promise<void> {
  const { IPv4, IPv6 } = addresses;
  await ip(node, [`route add default via ${IPv4.outside}`, `route add ${IPv4.calicoPod}/32 dev cali0`]);
  await ip(
    node,
    [`route add default via ${IPv6.outside}`, `route add ${IPv6.calicoPod}/128 dev cali0`],
    'IPv6',
  );
  await ip(pods, [
    `route add default via ${IPv4.node.pods} src ${IPv4.pods[0]}`,
    `neigh add 169.254.1.1 lladdr ${calicoMac} dev cali nud permanent`,
    'route add default via 169.254.1.1 dev cali onlink table 100',
    `rule add from ${IPv4.calicoPod} lookup 100`,
  ]);
  await ip(
    pods,
    [
      `route add default via ${IPv6.node.pods} src ${IPv6.pods[0]}`,
      'route add default via fe80::1 dev cali table 100',
      `rule add from ${IPv6.calicoPod} lookup 100`,
    ],
    'IPv6',
  );
  await ip(outside, [
    `route add ${IPv4.clusterCidr} via ${IPv4.node.outside}`,
    `route add 10.244.0.0/16 via ${IPv4.node.outside}`,
  ]);
  await ip(
    outside,
    [
      `route add ${IPv6.clusterCidr} via ${IPv6.node.outside}`,
      `route add fd00:10:244::/62 via ${IPv6.node.outside}`,
    ],
    'IPv6',
  );
}
