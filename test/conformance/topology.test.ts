// What Kubernetes' tests pin about topology: endpoints of the own zone or node where the hints say so, all where they don't.
import t from 'tap';
import type { ServiceObject, SliceEndpoint } from '../../lib/model/kube-objects.js';
import { type NodeName, nodeOf, type PodName, podEndpoint, zoneOf } from '../support/cluster.js';
import type { Place, Scene } from '../support/cluster-scene.js';
import { type Play, playAll } from './play.js';

function forZone(pod: PodName, node: NodeName = nodeOf(pod)): SliceEndpoint {
  return podEndpoint(pod, { hints: { forZones: [{ name: zoneOf(node) }] } });
}

function forNode(pod: PodName, node: NodeName = nodeOf(pod)): SliceEndpoint {
  const hints = { forZones: [{ name: zoneOf(node) }], forNodes: [{ name: node }] };
  return podEndpoint(pod, { hints });
}

async function get(scene: Scene, expected: Partial<Record<Place, string>>): Promise<void> {
  for (const [from, who] of Object.entries(expected) as [Place, string][]) {
    for (const protocol of ['TCP', 'UDP'] as const) {
      await scene.until({ from, ip: scene.clusterIP, port: 80, protocol }, who);
    }
  }
}

const own = { pod1: 'a1', host1: 'a1', pod2: 'b1', host2: 'b1' };
const both = { pod1: 'a1 b1', host1: 'a1 b1', pod2: 'a1 b1', host2: 'a1 b1' };

const plays: Readonly<Record<string, Play>> = {
  'e2e/112–117': async (t, scene) => {
    for (const trafficDistribution of ['PreferClose', 'PreferSameZone', 'PreferSameNode']) {
      const service: ServiceObject = scene.service({ trafficDistribution });
      const hint = trafficDistribution === 'PreferSameNode' ? forNode : forZone;
      await scene.write(service, scene.slice([hint('a1'), hint('b1')]));
      await get(scene, own);
      t.pass(`${trafficDistribution}: the near one`);
      await scene.write(service, scene.slice([hint('a1')]));
      await get(scene, { pod1: 'a1', pod2: 'a1' });
      t.pass(`${trafficDistribution}: the far one where there is no near one`);
      await scene.write(service, scene.slice([hint('a1'), hint('b1'), podEndpoint('b2')]));
      await get(scene, { pod1: 'a1 b1 b2', pod2: 'a1 b1 b2' });
      t.pass(`${trafficDistribution}: all while one has no hints`);
    }
    // Hints for this node's zone, but for no node of ours: the zone decides.
    await scene.write(
      scene.service({ trafficDistribution: 'PreferSameNode' }),
      scene.slice([forNode('a1'), forZone('b1')]),
    );
    await get(scene, { pod1: 'a1', pod2: 'b1' });
    t.pass('PreferSameNode falls back to the zone');
  },
  'e2e/118': async (t, scene) => {
    const service = scene.service();
    await scene.write(service, scene.slice([forZone('a1'), forZone('b1')]));
    await get(scene, own);
    await scene.write(service, scene.slice([forZone('a1', 'node2'), forZone('b1', 'node1')]));
    await get(scene, { pod1: 'b1', pod2: 'a1' });
    await scene.write(service, scene.slice(['a1', 'b1']));
    await get(scene, both);
    t.pass('own zone; as told; everybody without hints');
  },
};

t.test('topology', { timeout: 40_000 }, (t) => playAll(t, 'conformance/topology', plays));
