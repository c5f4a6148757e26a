// loadBalancerSourceRanges with real packets: members are served, others get nowhere, wherever the packet would have gone
// without us: to another host, or to a server of this one.
import t, { type Test } from 'tap';
import { ipFamilies } from '../../lib/model/ip.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { DesiredRules } from '../../lib/rules/portal.js';
import { desire, manyPortals, nodePort, portal } from '../states/example-portals.js';
import { addresses } from '../support/rig.js';
import { run, variants } from './inside.js';
import { openProxyPort, openScene, portOf, type Scene, steerings, tcpEnd, udpEnd } from './scene.js';

const web = 41_000;
const nodePortNumber = 31_080;

/** `member`: outside comes to it by way of the node. `away`: is outside's own. `here`: is the node's own. */
const vips = {
  IPv4: { member: '203.0.113.5', away: '203.0.113.6', here: '203.0.113.7' },
  IPv6: { member: '2001:db8::5', away: '2001:db8::6', here: '2001:db8::7' },
} as const;

const hosts = {
  pods: { IPv4: '10.244.0.2/32', IPv6: 'fd00:10:244::2/128' },
  node: { IPv4: '192.168.77.1/32', IPv6: 'fd00:77::1/128' },
  outside: { IPv4: '192.168.77.2/32', IPv6: 'fd00:77::2/128' },
} as const;

type Who = keyof typeof hosts;

function desired(members: readonly Who[], rest: Partial<DesiredRules> = {}): DesiredRules {
  const portals = ipFamilies.flatMap((ipFamily) => {
    const proxyPort = portOf(web, ipFamily);
    const sourceRanges = members.map((who) => hosts[who][ipFamily]);
    const guarded = Object.values(vips[ipFamily]).flatMap((vip) =>
      (['TCP', 'UDP'] as const).map((protocol) => portal(vip, 80, { protocol, proxyPort, sourceRanges })),
    );
    const others = manyPortals(30, ipFamily, { sourceRanges: [hosts.pods[ipFamily]] });
    return [...guarded, ...others, nodePort(ipFamily, nodePortNumber, { proxyPort })];
  });
  return desire(portals, rest);
}

async function expectEnds(t: Test, scene: Scene, members: readonly Who[]): Promise<void> {
  const asked = ipFamilies.flatMap((ipFamily) => {
    const { member, away, here } = vips[ipFamily];
    const ways: readonly (readonly [who: Who, vip: string])[] = [
      ['outside', member],
      ['outside', here],
      ['pods', member],
      ['pods', away],
      ['pods', here],
      ['node', away],
    ];
    return ways.map(async ([who, vip]) => {
      const served = members.includes(who);
      const tcp = await tcpEnd(scene[who], vip, 80, { dropped: !served });
      t.equal(tcp, served ? 'web' : 'ETIMEDOUT', `TCP from ${who} to ${vip}`);
      const udp = await udpEnd(scene[who], vip, 80, { dropped: !served });
      // A packet that is dropped in OUTPUT is an error of the send.
      const dropped = who === 'node' ? ['EPERM', 'ETIMEDOUT'] : ['ETIMEDOUT'];
      t.ok((served ? ['web'] : dropped).includes(udp), `UDP from ${who} to ${vip}: ${udp}`);
      const byNodePort = await tcpEnd(scene[who], addresses[ipFamily].node.outside, nodePortNumber);
      t.equal(byNodePort, 'web', `${who} by the NodePort`);
    });
  });
  await Promise.all(asked);
}

t.test('source ranges', { timeout: 90_000 }, async (t) => {
  const scene = await openScene(t, true);
  await openProxyPort(scene, web, 'web');
  for (const ipFamily of ipFamilies) {
    const { member, away, here } = vips[ipFamily];
    const via = addresses[ipFamily].node.outside;
    const length = ipFamily === 'IPv4' ? 32 : 128;
    for (const vip of [member, here]) await run(scene.rig.outside, `ip route add ${vip} via ${via}`);
    await run(scene.rig.outside, `ip address add ${away}/${length} dev lo`);
    await run(scene.rig.node, `ip address add ${here}/${length} dev lo`);
    await scene.outside.tcpEcho(away, 80, 'away');
    await scene.outside.udpEcho(away, 80, 'away');
    await scene.node.tcpEcho(here, 80, 'here');
    await scene.node.udpEcho(here, 80, 'here');
  }

  for (const variant of variants) {
    t.test(variant, async (t) => testRanges(t, scene, scene.applier(t, variant)));
  }
});

function testRanges(t: Test, scene: Scene, applier: RuleApplier): void {
  t.test('without rules, packets get to where the addresses are', async (t) => {
    for (const ipFamily of ipFamilies) {
      const { away, here } = vips[ipFamily];
      t.equal(await tcpEnd(scene.pods, away, 80), 'away');
      t.equal(await udpEnd(scene.pods, away, 80), 'away');
      t.equal(await tcpEnd(scene.node, away, 80), 'away');
      t.equal(await tcpEnd(scene.outside, here, 80), 'here');
    }
  });

  for (const [name, steering] of steerings) {
    t.test(`${name}: members are served, all others are dropped`, async (t) => {
      await scene.apply(t, applier, desired(['outside'], { steering }));
      await expectEnds(t, scene, ['outside']);
    });
  }

  t.test('each of the others may be the member', async (t) => {
    for (const members of [['pods'], ['node'], ['pods', 'node', 'outside'], []] as const) {
      await scene.apply(t, applier, desired(members));
      await expectEnds(t, scene, members);
    }
  });

  t.test('a member of the cluster that is in no range gets no short circuit', async (t) => {
    const vip = vips.IPv4.away;
    const local = (sourceRanges: readonly string[]) =>
      desire([portal(vip, 80, { clusterPort: web, proxyPort: 41_001, sourceRanges })], {
        detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } },
      });
    await scene.apply(t, applier, local(['192.168.77.0/24']));
    t.equal(await tcpEnd(scene.pods, vip, 80, { dropped: true }), 'ETIMEDOUT');
    t.equal(await tcpEnd(scene.node, vip, 80), 'web');
    await scene.apply(t, applier, local(['10.0.0.0/8']));
    t.equal(await tcpEnd(scene.pods, vip, 80), 'web');
    t.equal(await tcpEnd(scene.node, vip, 80, { dropped: true }), 'ETIMEDOUT');
  });

  t.test('with the last source range the guard goes', async (t) => {
    await scene.apply(t, applier, desire([nodePort('IPv4', nodePortNumber, { proxyPort: web })]));
    t.equal(await tcpEnd(scene.pods, vips.IPv4.away, 80), 'away');
    t.equal(await tcpEnd(scene.node, vips.IPv4.away, 80), 'away');
  });
}
