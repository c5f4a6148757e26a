// The annotation kube-portal/drain through the whole program: what becomes of a client's open connection when its endpoint
// leaves, while packets flow.
import t, { type Test } from 'tap';
import { eventually, sleep } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import type { Conversation } from '../support/peer-client.js';
import type { Program } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, dataPlanes, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const [pod1, pod2] = addresses.IPv4.pods;
const terminating = { ready: false, serving: true, terminating: true };
/** Of the annotation below; what happens must happen in its vicinity. */
const drainMs = 1500;

interface Scene {
  readonly name: string;
  readonly ip: string;
  /** web2 is ready; web1 is what `conditions` say. */
  write(drain: string | undefined, conditions: object): Promise<void>;
  /** Streams to web1, from a pod and from the world outside. */
  open(): Promise<readonly Conversation[]>;
}

function sceneOf(stage: Stage, at: number): Scene {
  const [name, ip] = [`drain${at}`, `10.96.6.${at}`];
  return {
    name,
    ip,
    write(drain, conditions) {
      const plain = service(name, ip);
      const annotations = drain === undefined ? {} : { annotations: { 'kube-portal/drain': drain } };
      const endpoints = [{ addresses: [pod1], conditions }, { addresses: [pod2] }];
      return stage.manifests.write(`${name}.json`, [
        { ...plain, metadata: { ...plain.metadata, ...annotations } },
        slice(name, [], { endpoints }),
      ]);
    },
    async open() {
      const streams: Conversation[] = [];
      await eventually(`${name} is served`, async () => (await stage.pods.tcpRequest(ip, 80)).ok);
      for (const peer of [stage.pods, stage.outside]) {
        let stream = await peer.tcpOpen(ip, 80);
        for (let tries = 0; stream.name !== 'web1' && tries < 4; tries += 1) {
          await stream.close();
          stream = await peer.tcpOpen(ip, 80);
        }
        streams.push(stream);
      }
      return streams;
    },
  };
}

const ready = { ready: true };

async function lives(t: Test, streams: readonly Conversation[], why: string): Promise<void> {
  for (const stream of streams) t.equal(await stream.exchange('x'), 'x', why);
}

/** Resolves with the milliseconds until all are reset. */
async function isReset(t: Test, streams: readonly Conversation[], what: string): Promise<number> {
  const elapsedMs = await eventually(what, async () => {
    const outcomes = await Promise.allSettled(streams.map((stream) => stream.exchange('x')));
    return outcomes.every(({ status }) => status === 'rejected');
  });
  for (const stream of streams) await t.rejects(stream.exchange('x'));
  return elapsedMs;
}

async function newClientsGoOn(t: Test, stage: Stage, { ip }: Scene): Promise<void> {
  await eventually('new clients are served by the other endpoint', async () => {
    const replies = [];
    for (let client = 0; client < 4; client += 1) replies.push((await stage.pods.tcpRequest(ip, 80)).reply);
    return replies.every((reply) => reply === 'web2');
  });
  t.pass('new clients are served by the other endpoint');
}

type Play = (t: Test, scene: Scene, stage: Stage, program: Program) => Promise<void>;

const plays: Readonly<Record<string, Play>> = {
  'reset: at once, when it terminates; not while it is only unready': async (t, scene, stage, program) => {
    await scene.write('reset', ready);
    const streams = await scene.open();
    await scene.write('reset', { ready: false });
    await newClientsGoOn(t, stage, scene);
    await lives(t, streams, 'an endpoint that is not ready keeps its clients');
    await scene.write('reset', terminating);
    t.comment(`reset after ${await isReset(t, streams, 'reset')} ms`);
    const failed = await program.metric('kubeportal_connections_failed_total');
    const own = [...failed].filter(([labels]) => labels.includes(`"${scene.name}"`));
    t.match(own, [[/reason="drained"/, 2]], 'and counted');
  },
  'a duration: not before it is over': async (t, scene, stage) => {
    await scene.write(`${drainMs}ms`, ready);
    const streams = await scene.open();
    const startedMs = performance.now();
    await scene.write(`${drainMs}ms`, terminating);
    await newClientsGoOn(t, stage, scene);
    if (performance.now() - startedMs < drainMs / 2) await lives(t, streams, 'for a while');
    await isReset(t, streams, 'reset');
    const elapsedMs = performance.now() - startedMs;
    t.ok(elapsedMs >= drainMs && elapsedMs < drainMs + 4000, `after ${Math.round(elapsedMs)} ms`);
  },
  'a duration: an endpoint that comes back in time keeps its clients': async (t, scene, stage) => {
    await scene.write(`${drainMs}ms`, ready);
    const streams = await scene.open();
    await scene.write(`${drainMs}ms`, terminating);
    await newClientsGoOn(t, stage, scene);
    await scene.write(`${drainMs}ms`, ready);
    await sleep(drainMs + 700);
    await lives(t, streams, 'after the time');
  },
  'leave, which is the default, said or not': async (t, scene, stage) => {
    await scene.write(undefined, ready);
    const streams = await scene.open();
    await scene.write(undefined, terminating);
    await newClientsGoOn(t, stage, scene);
    await sleep(500);
    await lives(t, streams, 'it goes on');
    await scene.write('leave', terminating);
    await sleep(500);
    await lives(t, streams, 'it goes on');
  },
  'a value that is none is named, and nothing is reset': async (t, scene, stage, program) => {
    await scene.write('soon', ready);
    const streams = await scene.open();
    await scene.write('soon', terminating);
    await newClientsGoOn(t, stage, scene);
    await lives(t, streams, 'as with leave');
    await program.logged(/kube-portal\/drain/);
    t.pass('and the log says so');
  },
};

for (const dataPlane of dataPlanes) {
  t.test(`drain, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { dataPlane });
    await serveOnPods(stage, 'web', { count: 2 });
    const program = await stage.serve();
    await t.test('scenes', async (t) => {
      t.jobs = 3;
      Object.entries(plays).forEach(([name, play], at) => {
        t.test(name, { buffered: true }, (t) => play(t, sceneOf(stage, at + 1), stage, program));
      });
    });
  });
}
