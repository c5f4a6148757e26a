// Session affinity as the unit tests of kube-proxy's userspace mode pin it (TestStickyLoadBalance…, SessionAffinity), against
// our program: clients are told apart by their addresses, and each stays where it is.
import t, { type Test } from 'tap';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { eventually, sleep } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { addresses } from '../support/rig.js';
import { createStage, dataPlanes, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const { pods } = addresses.IPv4;
const [pod1, pod2, pod3] = pods;
const all = ['web1', 'web2', 'web3'];

interface Scene {
  readonly stage: Stage;
  service(timeoutSeconds?: number): KubeObject;
  slice(ips: readonly string[], port?: number): KubeObject;
  write(...objects: readonly KubeObject[]): Promise<void>;
  /** Who answers each of three clients; resolves once everybody is answered. */
  asked(): Promise<readonly string[]>;
}

function sceneOf(stage: Stage, at: number): Scene {
  const [name, ip] = [`sticky${at}`, `10.96.5.${at}`];
  const ask = async () => {
    const replies = [];
    for (const localAddress of pods.slice(0, 3)) {
      const { reply } = await stage.pods.tcpRequest(ip, 80, { localAddress, timeoutMs: 500 });
      replies.push(reply);
    }
    return replies;
  };
  return {
    stage,
    service: (timeoutSeconds = 10_800) =>
      service(name, ip, {
        spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } },
      }),
    slice: (ips, port = 8080) => slice(name, ips, { ports: [{ name: '', port, protocol: 'TCP' }] }),
    write: (...objects) => stage.manifests.write(`${name}.json`, objects),
    asked: async () => {
      let replies = await ask();
      await eventually(`${name} answers`, async () => {
        if (!replies.every((reply) => reply !== '')) replies = await ask();
        return replies.every((reply) => reply !== '');
      });
      return replies;
    },
  };
}

async function isSettled(t: Test, scene: Scene, expected: readonly string[], why: string): Promise<void> {
  for (let round = 0; round < 4; round += 1) t.same(await scene.asked(), expected, why);
}

const plays: Readonly<Record<string, (t: Test, scene: Scene) => Promise<void>>> = {
  'the Service before its endpoints: clients are spread, and each stays': async (t, scene) => {
    await scene.write(scene.service());
    await sleep(300);
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]));
    const first = await scene.asked();
    t.same(first.toSorted(), all, 'spread');
    await isSettled(t, scene, first, 'and stays');
  },
  'endpoints before their Service: the timeout is its own, not the default': async (t, scene) => {
    await scene.write(scene.slice([pod1, pod2, pod3]));
    await sleep(300);
    await scene.write(scene.slice([pod1, pod2, pod3]), scene.service(1));
    const first = await scene.asked();
    t.same(first.toSorted(), all);
    await isSettled(t, scene, first, 'while they come in time');
    await sleep(1600);
    t.notSame(await scene.asked(), first, 'the rotation goes on for who was away for so long');
  },
  'one endpoint is removed: its client alone moves; one is added: nobody does': async (t, scene) => {
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]));
    const first = await scene.asked();
    await scene.write(scene.service(), scene.slice([pod1, pod2]));
    await eventually('web3 is left', async () => !(await scene.asked()).includes('web3'));
    const second = await scene.asked();
    const isKept = first.map((reply, at) => reply === 'web3' || second[at] === reply);
    t.same(isKept, [true, true, true]);
    await isSettled(t, scene, second, 'where it moved to');
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]));
    await sleep(800);
    await isSettled(t, scene, second, 'with another endpoint to choose from');
  },
  "another Service is removed: this one's clients stay": async (t, scene) => {
    const other = service('sticky-other', '10.96.5.99', { spec: { sessionAffinity: 'ClientIP' } });
    const targets = slice('sticky-other', [pod1, pod2]);
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]), other, targets);
    const first = await scene.asked();
    const isThere = async () => (await scene.stage.pods.tcpRequest('10.96.5.99', 80, { timeoutMs: 300 })).ok;
    await eventually('the other is served', isThere);
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]));
    await eventually('the other is gone', async () => !(await isThere()));
    await isSettled(t, scene, first, 'as before');
  },
  'an endpoint that does not answer: its client moves on and stays there': async (t, scene) => {
    // On this port web1 closes later on, though its slice goes on naming it.
    const servers = [];
    for (const [at, pod] of [pod1, pod2, pod3].entries())
      servers.push(await scene.stage.pods.tcpEcho(pod, 8091, all[at] ?? ''));
    await scene.write(scene.service(), scene.slice([pod1, pod2, pod3], 8091));
    const first = await scene.asked();
    t.same(first.toSorted(), all);
    await servers[0]?.close();
    const second = await scene.asked();
    t.same(
      first.map((reply, at) => (reply === 'web1' ? second[at] !== 'web1' : second[at] === reply)),
      [true, true, true],
      'the one whose endpoint failed is served at once by another',
    );
    await isSettled(t, scene, second, 'and nobody moves again');
  },
};

for (const dataPlane of dataPlanes) {
  t.test(`affinity, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { dataPlane });
    await serveOnPods(stage, 'web');
    await stage.serve();
    await t.test('scenes', async (t) => {
      t.jobs = 3;
      Object.entries(plays).forEach(([name, play], at) => {
        t.test(name, { buffered: true }, (t) => play(t, sceneOf(stage, at + 1)));
      });
    });
  });
}
