// 2,000 Services from one manifest: all of them answer, each by its own endpoint, rules are few for each, and one
// more is in force as soon as if there were ten.
import t from 'tap';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage } from '../support/stage.js';

t.setTimeout(180_000);

const count = 2000;
const [pod1] = addresses.IPv4.pods;
/** As many endpoints as a pod has ports to spare here; Services share them in turn. */
const endpointCount = 50;

const ipOf = (at: number) => `10.97.${at >> 8}.${at & 255}`;
const nameOf = (at: number) => `endpoint${at % endpointCount}`;

function objectsOf(at: number): readonly KubeObject[] {
  const target = { name: '', port: 9000 + (at % endpointCount), protocol: 'TCP' } as const;
  return [service(`s${at}`, ipOf(at)), slice(`s${at}`, [pod1], { ports: [target] })];
}

/** Indices of the Services that did not answer by their own endpoint. */
async function wrongOnes(stage: Stage): Promise<readonly number[]> {
  const wrong: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += 1;
      if ((await stage.pods.tcpRequest(ipOf(at), 80)).reply !== nameOf(at)) wrong.push(at);
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return wrong;
}

for (const variant of ['nft', 'legacy'] as const) {
  t.test(`${count} Services (${variant})`, { timeout: 90_000 }, async (t) => {
    const stage = await createStage(t, { variant });
    for (let at = 0; at < endpointCount; at += 1) await stage.pods.tcpEcho(pod1, 9000 + at, nameOf(at));
    const all = Array.from({ length: count }, (_, at) => objectsOf(at)).flat();
    await stage.manifests.write('all.json', all);

    const startMs = performance.now();
    const program = await stage.serve();
    t.comment(`forwarding ${Math.round(performance.now() - startMs)} ms after the start`);
    t.same(await wrongOnes(stage), [], 'every one is served by its own endpoint');

    const rules = (await stage.saved()).split('\n').filter((line) => line.startsWith('-A'));
    t.comment(`${rules.length} rules`);
    t.ok(rules.length < 2 * count, 'less than two rules for each');

    await stage.manifests.write('one.json', [
      service('one', '10.98.0.1'),
      slice('one', [pod1], { ports: [{ name: '', port: 9000, protocol: 'TCP' }] }),
    ]);
    const isServed = async () => (await stage.pods.tcpRequest('10.98.0.1', 80, { timeoutMs: 200 })).ok;
    const oneMs = await eventually('one more is served', isServed, 10_000);
    t.comment(`one more is in force after ${oneMs} ms`);
    t.ok(oneMs < 5000, 'soon');

    t.same(await program.end('SIGKILL'), { code: null, signal: 'SIGKILL' });
    const saved = await stage.saved();
    const again = await stage.serve();
    t.same(await wrongOnes(stage), [], 'after a restart too');
    t.equal(await stage.saved(), saved, 'with the same rules');
    await again.end();
  });
}
