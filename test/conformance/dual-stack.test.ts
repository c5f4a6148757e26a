// What Kubernetes' tests pin about dual stack: a Service of one family, of the other, of both, from every place.
import t from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { ipFamilies } from '../../lib/model/ip.js';
import { nodeIP, type Place, type Scene } from '../support/cluster-scene.js';
import { type Play, playAll } from './play.js';

const protocols = ['TCP', 'UDP'] as const;
const inside: readonly Place[] = ['pod1', 'pod2', 'host1', 'host2'];

async function write(scene: Scene, families: readonly IpFamily[]): Promise<void> {
  const ipOf = { IPv4: scene.clusterIP, IPv6: scene.clusterIP6 };
  const clusterIPs = families.map((ipFamily) => ipOf[ipFamily]);
  const made = scene.service({
    type: 'NodePort',
    clusterIPs,
    ipFamilies: families,
    externalIPs: [scene.externalIP, scene.externalIP6],
  });
  await scene.write(
    { ...made, spec: { ...made.spec, clusterIP: clusterIPs[0] ?? '' } },
    ...families.map((ipFamily) => scene.slice(['a1', 'b1'], { ipFamily })),
  );
}

/** By every kind of address of a family. */
async function all(scene: Scene, ipFamily: IpFamily, expected: 'served' | 'not served'): Promise<void> {
  const { clusterIP, clusterIP6, externalIP, externalIP6, nodePort } = scene;
  const isIPv6 = ipFamily === 'IPv6';
  const served = expected === 'served';
  const kinds = [
    [isIPv6 ? clusterIP6 : clusterIP, 80, served ? 'a1 b1' : 'silence', inside],
    [isIPv6 ? externalIP6 : externalIP, 80, served ? 'a1 b1' : 'silence', [...inside, 'outside']],
    [nodeIP('node2', ipFamily), nodePort, served ? 'a1 b1' : 'refused', [...inside, 'outside']],
  ] as const;
  for (const [ip, port, who, places] of kinds) {
    for (const from of places.slice(0, served ? places.length : 1)) {
      for (const protocol of protocols) await scene.until({ from, ip, port, protocol }, who);
    }
  }
}

const plays: Readonly<Record<string, Play>> = {
  'e2e/119–138': async (t, scene) => {
    for (const families of [['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4'], ['IPv6']] as const) {
      await write(scene, families);
      for (const ipFamily of ipFamilies) {
        const has = families.some((one) => one === ipFamily);
        await all(scene, ipFamily, has ? 'served' : 'not served');
      }
      t.pass(families.join(' and '));
    }
  },
};

t.test('dual stack', { timeout: 40_000 }, (t) => playAll(t, 'conformance/dual-stack', plays));
