// A rolling update under load: pods are replaced one by one, 10,000 requests over both data planes, none of them fails.
// (The whole 100,000 of each are in test/full/rolling-update.test.ts.)
import t from 'tap';
import type { PodName } from '../support/cluster.js';
import type { Scene } from '../support/cluster-scene.js';
import { startLoad } from '../support/load.js';
import { rollingUpdate } from '../support/rolling-update.js';
import { dataPlanes } from '../support/stage.js';
import { type Play, playAll } from './play.js';

const requests = 10_000;

/** A Service's selector moves from the blue pods to the green ones, and back: all at once. */
async function blueAndGreen(scene: Scene, pods: readonly PodName[], timeMs: number): Promise<void> {
  await scene.write(scene.service(), scene.slice(pods));
  await scene.until({ from: 'host2', ip: scene.clusterIP, port: 80 }, pods.join(' '));
  await new Promise((resolve) => setTimeout(resolve, timeMs));
}

const plays: Readonly<Record<string, Play>> = {
  'e2e/98–99': (t, scene) => rollingUpdate(t, scene, requests / dataPlanes.length),
  'e2e/140': async (t, scene) => {
    const { pods } = scene.cluster;
    const blue: readonly PodName[] = ['a1', 'b1'];
    const green: readonly PodName[] = ['a2', 'b2'];
    await blueAndGreen(scene, blue, 0);
    const load = startLoad(() => pods.node1.tcpRequest(scene.clusterIP, 80), { clients: 4, restMs: 2 });
    for (const one of [green, blue, green]) await blueAndGreen(scene, one, 100);
    const records = await load.stop();
    t.same(
      records.filter(({ ok }) => !ok),
      [],
      `none of ${records.length} requests failed`,
    );
    t.same([...new Set(records.map(({ reply }) => reply))].sort(), ['a1', 'a2', 'b1', 'b2']);
  },
};

for (const dataPlane of dataPlanes) {
  t.test(`rolling update, ${dataPlane}`, { timeout: 50_000 }, (t) =>
    playAll(t, 'conformance/rolling-update', plays, { dataPlane }),
  );
}
