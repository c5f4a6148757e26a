// externalTrafficPolicy Local with real packets: who is of the cluster goes to all endpoints (the short circuit), others
// to this node's, or nowhere: dropped where other nodes have endpoints, refused where nobody has.
import t, { type Test } from 'tap';
import { ipFamilies } from '../../lib/model/ip.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { DesiredRules, DetectLocal, Disposition } from '../../lib/rules/portal.js';
import { desire, nodePort, portal } from '../states/example-portals.js';
import { addresses } from '../support/rig.js';
import { run, variants } from './inside.js';
import { openProxyPort, openScene, portOf, type Scene, steerings, tcpEnd, udpEnd } from './scene.js';

const cluster = 41_000;
const local = 41_001;
const nodePortNumber = 31_080;
const vips = { IPv4: '203.0.113.5', IPv6: '2001:db8::5' } as const;

const byCidr: DetectLocal = {
  kind: 'cidrs',
  cidrs: { IPv4: ['10.244.0.0/16'], IPv6: ['fd00:10:244::/62'] },
};

function desired(disposition: Disposition, rest: Partial<DesiredRules>): DesiredRules {
  const portals = ipFamilies.flatMap((ipFamily) => {
    const clusterPort = portOf(cluster, ipFamily);
    const proxyPort = portOf(local, ipFamily);
    return (['TCP', 'UDP'] as const).flatMap((protocol) => [
      nodePort(ipFamily, nodePortNumber, { clusterPort, proxyPort, disposition, protocol }),
      portal(vips[ipFamily], 80, { clusterPort, proxyPort, disposition, protocol }),
    ]);
  });
  return desire(portals, rest);
}

interface Ends {
  readonly pods: string;
  readonly calicoPod?: string;
  readonly node: string;
  readonly outside: string;
}

async function expectEnds(t: Test, scene: Scene, ends: Ends): Promise<void> {
  const asked = ipFamilies.flatMap((ipFamily) => {
    const { node, calicoPod } = addresses[ipFamily];
    const targets = [
      [node.outside, nodePortNumber],
      [vips[ipFamily], 80],
    ] as const;
    return targets.flatMap(([address, port]) => [
      ...(['pods', 'node', 'outside'] as const).map(async (who) => {
        const way = { dropped: ends[who] === 'ETIMEDOUT' };
        t.equal(await tcpEnd(scene[who], address, port, way), ends[who], `TCP from ${who} to ${address}`);
        t.equal(await udpEnd(scene[who], address, port, way), ends[who], `UDP from ${who} to ${address}`);
      }),
      (async () => {
        if (ends.calicoPod === undefined) return;
        const end = await tcpEnd(scene.pods, address, port, { localAddress: calicoPod });
        t.equal(end, ends.calicoPod, `TCP from a pod of Calico’s to ${address}`);
      })(),
    ]);
  });
  await Promise.all(asked);
}

t.test('policies', { timeout: 60_000 }, async (t) => {
  const scene = await openScene(t, true);
  await openProxyPort(scene, cluster, 'cluster');
  await openProxyPort(scene, local, 'local');
  for (const ipFamily of ipFamilies) {
    const via = addresses[ipFamily].node.outside;
    await run(scene.rig.outside, `ip route add ${vips[ipFamily]} via ${via}`);
  }
  for (const variant of variants) {
    t.test(variant, async (t) => testPolicies(t, scene, scene.applier(t, variant)));
  }
});

function testPolicies(t: Test, scene: Scene, applier: RuleApplier): void {
  for (const [name, steering] of steerings) {
    t.test(`${name}: pods by their address, and this host`, async (t) => {
      await scene.apply(t, applier, desired('serve', { steering, detectLocal: byCidr }));
      const ends = { pods: 'cluster', node: 'cluster', outside: 'local' };
      await expectEnds(t, scene, name === 'DNAT' ? { ...ends, calicoPod: 'cluster' } : ends);
    });
  }

  t.test('pods by their interface; those behind another one are not', async (t) => {
    const steering = steerings[1]?.[1] ?? desire([]).steering;
    for (const match of ['pod0', 'pod+']) {
      await scene.apply(
        t,
        applier,
        desired('serve', { steering, detectLocal: { kind: 'interface', match } }),
      );
      await expectEnds(t, scene, { pods: 'cluster', calicoPod: 'local', node: 'cluster', outside: 'local' });
    }
  });

  t.test('pods are not told from others: this host alone is of the cluster', async (t) => {
    await scene.apply(t, applier, desired('serve', {}));
    await expectEnds(t, scene, { pods: 'local', node: 'cluster', outside: 'local' });
  });

  t.test('no endpoint on this node: outside is dropped; none at all: refused', async (t) => {
    await scene.apply(t, applier, desired('drop', { detectLocal: byCidr }));
    await expectEnds(t, scene, { pods: 'cluster', node: 'cluster', outside: 'ETIMEDOUT' });
    await scene.apply(t, applier, desired('refuse', { detectLocal: byCidr }));
    await expectEnds(t, scene, { pods: 'cluster', node: 'cluster', outside: 'ECONNREFUSED' });
  });
}
