// NodePorts with real packets: on which addresses they answer, from where, and what comes of those that don't.
import t, { type Test } from 'tap';
import { readPacketCounts } from '../../lib/iptables/packet-counts.js';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { DesiredRules, ProxyPort } from '../../lib/rules/portal.js';
import { desire, manyNodePorts, nodePort } from '../states/example-portals.js';
import type { Peer } from '../support/peer-client.js';
import { addresses } from '../support/rig.js';
import { execInside, toolsOf, variants } from './inside.js';
import {
  loopback,
  openProxyPort,
  openScene,
  portOf,
  type Scene,
  steerings,
  tcpEnd,
  udpEnd,
} from './scene.js';

const web = 41_000;
const webNodePort = 31_080;
const dnsNodePort = 31_053;

/** A server of ours holds the NodePort itself, closed to all who were not led elsewhere. */
const claims = ipFamilies.map(
  (ipFamily): ProxyPort => ({ protocol: 'TCP', port: webNodePort, ipFamily, disposition: 'serve' }),
);

/** TCP, UDP and SCTP, with forty more beside them, so that the way leads through the tree. */
function desired(rest: Partial<DesiredRules>): DesiredRules {
  const portals = ipFamilies.flatMap((ipFamily) => [
    nodePort(ipFamily, webNodePort, { proxyPort: portOf(web, ipFamily) }),
    nodePort(ipFamily, dnsNodePort, { proxyPort: portOf(web, ipFamily), protocol: 'UDP' }),
    nodePort(ipFamily, dnsNodePort, { proxyPort: portOf(web, ipFamily), protocol: 'SCTP' }),
    ...manyNodePorts(40, ipFamily).filter(({ port }) => port !== webNodePort && port !== dnsNodePort),
  ]);
  const { proxyPorts } = desire(portals);
  return desire(portals, { proxyPorts: [...proxyPorts, ...claims], ...rest });
}

type Way = readonly [who: string, peer: Peer, address: string];

function everyWay({ node, pods, outside }: Scene, ipFamily: IpFamily): readonly Way[] {
  const own = addresses[ipFamily].node;
  return [
    ['outside', outside, own.outside],
    ['outside', outside, own.pods],
    ['a pod', pods, own.pods],
    ['a pod', pods, own.outside],
    ['the node', node, own.outside],
    ['the node', node, own.pods],
    ['the node', node, loopback[ipFamily]],
  ];
}

async function expectEnds(t: Test, ways: readonly Way[], end: (way: Way) => string): Promise<void> {
  const asked = ways.map(async (way) => {
    const [who, peer, address] = way;
    t.equal(await tcpEnd(peer, address, webNodePort), end(way), `TCP from ${who} to ${address}`);
    t.equal(await udpEnd(peer, address, dnsNodePort), end(way), `UDP from ${who} to ${address}`);
  });
  await Promise.all(asked);
}

for (const ipForward of [false, true]) {
  t.test(`ip_forward ${ipForward ? 1 : 0}`, { timeout: 60_000 }, async (t) => {
    const scene = await openScene(t, ipForward);
    await openProxyPort(scene, web, 'web');
    await scene.node.tcpEcho('::', webNodePort, 'claim'); // of both families
    for (const variant of variants) {
      t.test(variant, async (t) => {
        const applier = scene.applier(t, variant);
        for (const [name, steering] of steerings) {
          t.test(`${name}: on every local address, from everywhere`, async (t) => {
            await scene.apply(t, applier, desired({ steering }));
            for (const ipFamily of ipFamilies) {
              await expectEnds(t, everyWay(scene, ipFamily), () => 'web');
              if (name === 'DNAT') await fromAddressless(t, scene, ipFamily);
            }
          });
        }
        testOffer(t, scene, applier);
        t.test('what localhost’s NodePorts took is counted, and nothing else', async (t) => {
          await applier.cleanup();
          await scene.apply(t, applier, desired({}));
          const counts = () => readPacketCounts(execInside(scene.rig.node).exec, toolsOf(variant));
          await tcpEnd(scene.outside, addresses.IPv4.node.outside, webNodePort);
          await tcpEnd(scene.node, addresses.IPv4.node.outside, webNodePort);
          t.same(await counts(), { invalidDropped: 0, localhostNodePorts: 0 });
          for (const ipFamily of ipFamilies) await tcpEnd(scene.node, loopback[ipFamily], webNodePort);
          t.same(await counts(), { invalidDropped: 0, localhostNodePorts: 2 });
        });
      });
    }
  });
}

/** A pod whose interface has no address on the node's side. */
async function fromAddressless(t: Test, { pods }: Scene, ipFamily: IpFamily): Promise<void> {
  const { node, calicoPod } = addresses[ipFamily];
  t.equal(
    await tcpEnd(pods, node.outside, webNodePort, { localAddress: calicoPod }),
    'web',
    'TCP from a pod of Calico’s',
  );
  t.equal(
    await udpEnd(pods, node.outside, dnsNodePort, { localAddress: calicoPod }),
    'web',
    'UDP from a pod of Calico’s',
  );
}

function testOffer(t: Test, scene: Scene, applier: RuleApplier): void {
  t.test('only on the addresses that have them; refused elsewhere, even by the claim', async (t) => {
    const nodePortAddresses = {
      IPv4: [addresses.IPv4.node.outside],
      IPv6: [addresses.IPv6.node.outside],
    };
    await scene.apply(t, applier, desired({ nodePortAddresses }));
    for (const ipFamily of ipFamilies) {
      const offered = addresses[ipFamily].node.outside;
      await expectEnds(t, everyWay(scene, ipFamily), ([, , to]) => (to === offered ? 'web' : 'ECONNREFUSED'));
    }
  });

  t.test('not on loopback addresses, if so wished', async (t) => {
    await scene.apply(t, applier, desired({ localhostNodePorts: false }));
    for (const ipFamily of ipFamilies) {
      const local = loopback[ipFamily];
      await expectEnds(t, everyWay(scene, ipFamily), ([, , to]) => (to === local ? 'ECONNREFUSED' : 'web'));
    }
    t.equal(await tcpEnd(scene.node, '127.8.8.8', webNodePort), 'ECONNREFUSED');
  });

  t.test('a NodePort is no port of other hosts', async (t) => {
    await scene.apply(t, applier, desired({}));
    for (const ipFamily of ipFamilies) {
      t.equal(await tcpEnd(scene.node, addresses[ipFamily].pods[0], webNodePort), 'ECONNREFUSED');
    }
  });
}
