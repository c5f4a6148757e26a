// test/iptables/scene.ts: a node with real rules of one variant, plain echo servers on its proxy ports instead of a data
// plane, and clients in pods, on the node and outside, who say where they ended up.
import type { Test } from 'tap';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { createRuleApplier } from '../../lib/iptables/applier.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { DesiredRules, Steering } from '../../lib/rules/portal.js';
import { redirectBoth } from '../states/example-portals.js';
import { eventually } from '../support/eventually.js';
import { type Peer, startPeer } from '../support/peer-client.js';
import { addresses, createRig, type Rig } from '../support/rig.js';
import { execInside, run, toolsOf } from './inside.js';

export interface Scene {
  readonly rig: Rig;
  readonly node: Peer;
  readonly pods: Peer;
  readonly outside: Peer;
  /** Brings the node to these rules, which must all be accepted. */
  apply(t: Test, applier: RuleApplier, desired: DesiredRules): Promise<void>;
  applier(t: Test, variant: IptablesVariant): RuleApplier;
}

export const loopback: Readonly<Record<IpFamily, string>> = { IPv4: '127.0.0.1', IPv6: '::1' };

/** Both ways to a proxy port. DNAT leads to the node's address in the pods' network, and serves addressless interfaces. */
export const steerings: readonly (readonly [name: string, of: Readonly<Record<IpFamily, Steering>>])[] = [
  ['REDIRECT', redirectBoth],
  [
    'DNAT',
    {
      IPv4: { kind: 'dnat', to: addresses.IPv4.node.pods },
      IPv6: { kind: 'dnat', to: addresses.IPv6.node.pods },
    },
  ],
];

export async function openScene(t: Test, ipForward: boolean): Promise<Scene> {
  const rig = await createRig({ ipForward });
  t.teardown(() => rig.close());
  // The kernel sends an ICMP error a second to one address, and the tests want more.
  await run(rig.node, 'sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0');
  await Promise.all([rig.node, rig.pods, rig.outside].map(linkLocalUsable));
  const [node, pods, outside] = await Promise.all(
    [rig.node, rig.pods, rig.outside].map((namespace) => startPeer(namespace)),
  );
  if (!node || !pods || !outside) throw new Error('three namespaces, three peers');
  t.teardown(() => Promise.all([node, pods, outside].map((peer) => peer.close())));
  return {
    rig,
    node,
    pods,
    outside,
    apply: async (t, applier, desired) => {
      t.same((await applier.apply(desired)).failures, []);
    },
    applier: (t, variant) => {
      const applier = createRuleApplier({
        exec: execInside(rig.node).exec,
        log: silentLog,
        tools: toolsOf(variant),
      });
      t.teardown(() => applier.cleanup());
      return applier;
    },
  };
}

/** Until then, a neighbour is not asked for on behalf of an address that is not of the interface: a second or two. */
async function linkLocalUsable(namespace: Namespace): Promise<void> {
  const isUsable = async () => (await run(namespace, 'ip -6 address show tentative')) === '';
  await eventually(`the link-local addresses of ${namespace.name} are usable`, isUsable, 10_000);
}

/** The peers' IPv6 sockets take IPv4 as well, so the families have different proxy ports. */
export function portOf(port: number, ipFamily: IpFamily): number {
  return ipFamily === 'IPv4' ? port : port + 1000;
}

/** Servers of both families on a proxy port (of each protocol), which answer with `name`. See portOf. */
export async function openProxyPort({ node }: Scene, port: number, name: string): Promise<void> {
  for (const ipFamily of ipFamilies) {
    const wildcard = ipFamily === 'IPv4' ? '0.0.0.0' : '::';
    await node.tcpEcho(wildcard, portOf(port, ipFamily), name);
    // A wildcard socket answers the node itself from another address than was asked: one socket for each address.
    for (const address of [wildcard, loopback[ipFamily], addresses[ipFamily].node.pods]) {
      await node.udpEcho(address, portOf(port, ipFamily), name, { reuseAddr: true });
    }
  }
}

export interface WayOptions {
  readonly localAddress?: string;
  /** Nothing is expected to come back: waiting for it is kept short. */
  readonly dropped?: boolean;
}

function clientOptions({ localAddress, dropped = false }: WayOptions) {
  return { timeoutMs: dropped ? 300 : 3000, ...(localAddress === undefined ? {} : { localAddress }) };
}

/** Where a client ended up: a server's name, or the error's code. */
export async function tcpEnd(
  peer: Peer,
  address: string,
  port: number,
  way: WayOptions = {},
): Promise<string> {
  const { reply, errorCode } = await peer.tcpRequest(address, port, clientOptions(way));
  return errorCode ?? reply;
}

export async function udpEnd(
  peer: Peer,
  address: string,
  port: number,
  way: WayOptions = {},
): Promise<string> {
  const { reply, errorCode } = await peer.udpRequest(address, port, clientOptions(way));
  return errorCode ?? reply.replace(/:hello$/, '');
}
