// Where do packets end up? Real rules, real listeners, clients in pods, on the node and outside, with ip_forward off
// and on, in both variants and both families.
import t, { type Test } from 'tap';
import { createRuleApplier } from '../../lib/iptables/applier.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { DesiredRules, Steering } from '../../lib/rules/portal.js';
import { desire, type ExamplePortal, manyPortals, portal, redirectBoth } from '../states/example-portals.js';
import { type Peer, startPeer } from '../support/peer-client.js';
import { addresses, createRig, type Rig } from '../support/rig.js';
import { execInside, programOf, run, toolsOf, variants } from './inside.js';

/** Listeners of a family's proxy ports stand for the data plane; each answers with its name. */
const ports = {
  IPv4: { web: 41_000, dns: 41_001, asleepTcp: 41_002, asleepUdp: 41_003 },
  IPv6: { web: 42_000, dns: 42_001, asleepTcp: 42_002, asleepUdp: 42_003 },
} as const;

const clusterIps = {
  IPv4: { served: '10.96.0.1', asleep: '10.103.7.7' },
  IPv6: { served: 'fd00:10:96::1', asleep: 'fd00:10:96::77' },
} as const;

/** With thirty more Services beside them, so that the way leads through the tree. */
function desired(steering: DesiredRules['steering'], asleep = true): DesiredRules {
  const disposition = asleep ? 'refuse' : 'serve';
  const ofFamily = (ipFamily: IpFamily): readonly ExamplePortal[] => {
    const { served, asleep: asleepIp } = clusterIps[ipFamily];
    const { web, dns, asleepTcp, asleepUdp } = ports[ipFamily];
    return [
      portal(served, 80, { proxyPort: web }),
      portal(served, 53, { protocol: 'UDP', proxyPort: dns, name: 'dns' }),
      portal(asleepIp, 80, { proxyPort: asleepTcp, disposition, name: 'asleep' }),
      portal(asleepIp, 53, { protocol: 'UDP', proxyPort: asleepUdp, disposition, name: 'asleep' }),
      ...manyPortals(30, ipFamily),
    ];
  };
  return desire(ipFamilies.flatMap(ofFamily), { steering });
}

const dnatBoth: Readonly<Record<IpFamily, Steering>> = {
  IPv4: { kind: 'dnat', to: addresses.IPv4.node.pods },
  IPv6: { kind: 'dnat', to: addresses.IPv6.node.pods },
};

interface Peers {
  readonly node: Peer;
  readonly pods: Peer;
  readonly outside: Peer;
}

async function openListeners({ node }: Peers): Promise<void> {
  for (const ipFamily of ipFamilies) {
    const { web, dns, asleepTcp, asleepUdp } = ports[ipFamily];
    const [wildcard, loopback] = ipFamily === 'IPv4' ? ['0.0.0.0', '127.0.0.1'] : ['::', '::1'];
    await node.tcpEcho(wildcard, web, 'web');
    await node.tcpEcho(wildcard, asleepTcp, 'asleep');
    // A wildcard socket answers the node itself from another address than was asked: one socket for each address.
    for (const address of [wildcard, loopback, addresses[ipFamily].node.pods]) {
      await node.udpEcho(address, dns, 'dns', { reuseAddr: true });
      await node.udpEcho(address, asleepUdp, 'asleep', { reuseAddr: true });
    }
  }
}

/** The kernel sends an ICMP error a second to one address, and the test wants more. */
async function liftIcmpLimits({ node }: Rig): Promise<void> {
  await run(node, 'sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0');
}

async function checkPortals(t: Test, peers: Peers, ipFamily: IpFamily): Promise<void> {
  const { served, asleep } = clusterIps[ipFamily];
  for (const [who, peer] of Object.entries(peers)) {
    t.match(await peer.tcpRequest(served, 80), { reply: 'web' }, `${who}: TCP is served`);
    t.match(await peer.udpRequest(served, 53), { reply: 'dns:hello' }, `${who}: UDP is served`);
    t.match(await peer.tcpRequest(asleep, 80), { errorCode: 'ECONNREFUSED' }, `${who}: TCP refused`);
    t.match(await peer.udpRequest(asleep, 53), { errorCode: 'ECONNREFUSED' }, `${who}: UDP refused`);
  }
}

async function checkDirect(t: Test, peers: Peers, ipFamily: IpFamily): Promise<void> {
  const { web, dns } = ports[ipFamily];
  const { node } = addresses[ipFamily];
  const loopback = ipFamily === 'IPv4' ? '127.0.0.1' : '::1';
  const ways: readonly [who: string, peer: Peer, address: string][] = [
    ['a pod', peers.pods, node.pods],
    ['outside', peers.outside, node.outside],
    ['the node', peers.node, node.outside],
    ['the node', peers.node, loopback],
  ];
  for (const [who, peer, address] of ways) {
    const tcp = await peer.tcpRequest(address, web);
    t.equal(tcp.errorCode, 'ECONNREFUSED', `TCP from ${who} to a proxy port of ${address}`);
    const udp = await peer.udpRequest(address, dns);
    t.equal(udp.errorCode, 'ECONNREFUSED', `UDP from ${who} to a proxy port of ${address}`);
  }
}

for (const ipForward of [false, true]) {
  t.test(`ip_forward ${ipForward ? 1 : 0}`, { timeout: 60_000 }, async (t) => {
    const rig = await createRig({ ipForward });
    t.teardown(() => rig.close());
    await liftIcmpLimits(rig);
    const [node, pods, outside] = await Promise.all([
      startPeer(rig.node),
      startPeer(rig.pods),
      startPeer(rig.outside),
    ]);
    const peers = { node, pods, outside };
    t.teardown(() => Promise.all([node, pods, outside].map((peer) => peer.close())));
    await openListeners(peers);

    for (const variant of variants) {
      t.test(variant, async (t) => {
        const applier = createRuleApplier({
          exec: execInside(rig.node).exec,
          log: silentLog,
          tools: toolsOf(variant),
        });
        t.teardown(() => applier.cleanup());
        for (const [steering, of] of [
          ['REDIRECT', redirectBoth],
          ['DNAT', dnatBoth],
        ] as const) {
          for (const ipFamily of ipFamilies) {
            t.test(`${steering} ${ipFamily}`, async (t) => {
              t.same((await applier.apply(desired(of))).failures, []);
              await checkPortals(t, peers, ipFamily);
              await checkDirect(t, peers, ipFamily);
              if (steering === 'DNAT') await checkAddressless(t, peers, ipFamily);
            });
          }
        }
        testLiveStreams(t, applier, rig, peers, variant);
      });
    }
  });
}

/** A pod whose interface has no address on the node's side: REDIRECT would drop its packets. */
async function checkAddressless(t: Test, { pods }: Peers, ipFamily: IpFamily): Promise<void> {
  const { served, asleep } = clusterIps[ipFamily];
  const localAddress = addresses[ipFamily].calicoPod;
  t.match(await pods.tcpRequest(served, 80, { localAddress }), { reply: 'web' });
  t.match(await pods.udpRequest(served, 53, { localAddress }), { reply: 'dns:hello' });
  t.match(await pods.tcpRequest(asleep, 80, { localAddress }), { errorCode: 'ECONNREFUSED' });
}

function testLiveStreams(
  t: Test,
  applier: RuleApplier,
  rig: Rig,
  peers: Peers,
  variant: IptablesVariant,
): void {
  t.test('live streams outlive a flush of nat, which is noticed and mended', async (t) => {
    await applier.apply(desired(redirectBoth));
    for (const ipFamily of ipFamilies) {
      const { served } = clusterIps[ipFamily];
      const streams = await Promise.all(Object.values(peers).map((peer) => peer.tcpOpen(served, 80)));
      await run(rig.node, `${programOf(variant, ipFamily)} -t nat -F`);
      for (const stream of streams) t.equal(await stream.exchange('still here'), 'still here');
      t.equal(await applier.check(), 'drifted');
      await applier.apply(desired(redirectBoth));
      t.match(await peers.pods.tcpRequest(served, 80), { reply: 'web' });
      await Promise.all(streams.map((stream) => stream.close()));
    }
  });

  t.test('to zero endpoints and back: streams go on, new clients are refused meanwhile', async (t) => {
    await applier.apply(desired(redirectBoth, false));
    for (const ipFamily of ipFamilies) {
      const { asleep } = clusterIps[ipFamily];
      const stream = await peers.pods.tcpOpen(asleep, 80);
      await applier.apply(desired(redirectBoth, true));
      t.equal(await stream.exchange('still here'), 'still here');
      t.match(await peers.outside.tcpRequest(asleep, 80), { errorCode: 'ECONNREFUSED' });
      await applier.apply(desired(redirectBoth, false));
      t.match(await peers.outside.tcpRequest(asleep, 80), { reply: 'asleep' });
      await stream.close();
    }
  });
}
