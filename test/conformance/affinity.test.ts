// What Kubernetes' tests pin about session affinity: a client stays with its endpoint, by every kind of address, as long
// as the timeout says, and the setting may change while it is served.
import t, { type Test } from 'tap';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import { ask, nodeIP, type Place, type Question, type Scene } from '../support/cluster-scene.js';
import { sleep } from '../support/eventually.js';
import { type Play, playAll } from './play.js';

const protocols = ['TCP', 'UDP'] as const;
/** e2e asks for 15 equal answers. */
const often = 15;
/** Seconds. */
const shortTimeout = 2;

function affinity(timeoutSeconds?: number): Partial<ServiceObject['spec']> {
  return {
    sessionAffinity: 'ClientIP',
    ...(timeoutSeconds !== undefined && { sessionAffinityConfig: { clientIP: { timeoutSeconds } } }),
  };
}

/** The one who answers `often` times; undefined when they are several. */
async function only(scene: Scene, question: Question): Promise<string | undefined> {
  const first = await ask(scene.cluster, question);
  for (let round = 1; round < often; round += 1) {
    if ((await ask(scene.cluster, question)) !== first) return undefined;
  }
  return first;
}

async function isPinned(t: Test, scene: Scene, question: Question): Promise<void> {
  const who = await only(scene, question);
  t.match(who ?? 'several', /^[ab][12]$/, `${question.from} → ${question.ip}, ${question.protocol ?? 'TCP'}`);
}

const endpoints = ['a1', 'a2', 'b1', 'b2'] as const;
const all = endpoints.join(' ');

type Target = (scene: Scene) => {
  readonly ip: string;
  readonly port: number;
  readonly froms: readonly Place[];
};

const byClusterIP: Target = (scene) => ({ ip: scene.clusterIP, port: 80, froms: ['pod1', 'pod2', 'host1'] });
const byNodePort: Target = (scene) => ({
  ip: nodeIP('node1'),
  port: scene.nodePort,
  froms: ['outside', 'pod2', 'host1'],
});
const byLocalhost: Target = (scene) => ({ ip: '127.0.0.1', port: scene.nodePort, froms: ['host1', 'host2'] });
const byLoadBalancer: Target = (scene) => ({
  ip: scene.externalIP,
  port: 80,
  froms: ['outside', 'outside by node2'],
});

/** Everybody spreads without, stays with, and spreads again. */
function switched(target: Target, spec: Partial<ServiceObject['spec']> = {}): Play {
  return async (t, scene) => {
    const { ip, port, froms } = target(scene);
    const status = { status: { loadBalancer: { ingress: [{ ip: scene.externalIP }] } } };
    const slice = scene.slice(endpoints);
    const write = (more: Partial<ServiceObject['spec']>) =>
      scene.write(scene.service({ ...spec, ...more }, status), slice);
    const local = spec.externalTrafficPolicy === 'Local';
    for (const sticky of [false, true, false]) {
      await write(sticky ? affinity() : {});
      for (const from of froms) {
        for (const protocol of protocols) {
          const question = { from, ip, port, protocol };
          if (sticky) {
            await scene.settled(question);
            await isPinned(t, scene, question);
          } else {
            await scene.until(question, local ? (from === 'outside by node2' ? 'b1 b2' : 'a1 a2') : all);
          }
        }
      }
      t.pass(sticky ? 'each stays' : 'each gets all');
    }
  };
}

/** A pin ends when nothing came for the timeout, and lives on while something does. */
function timesOut(target: Target, spec: Partial<ServiceObject['spec']> = {}): Play {
  return async (t, scene) => {
    const { ip, port, froms } = target(scene);
    const [from = 'pod1'] = froms;
    const question = { from, ip, port } as const;
    await scene.write(scene.service({ ...spec, ...affinity(shortTimeout) }), scene.slice(endpoints));
    await scene.settled(question);
    const first = await ask(scene.cluster, question);
    for (let round = 0; round < 4; round += 1) {
      await sleep(shortTimeout * 400);
      t.equal(await ask(scene.cluster, question), first, 'used again in time');
    }
    await sleep(shortTimeout * 1000 + 700);
    t.not(await ask(scene.cluster, question), first, 'after the timeout the next endpoint has its turn');
    await scene.write(scene.service({ ...spec, ...affinity(10_800) }), scene.slice(endpoints));
    await sleep(1000);
    const second = await ask(scene.cluster, question);
    await sleep(shortTimeout * 1000 + 700);
    t.equal(await ask(scene.cluster, question), second, 'a longer timeout holds at once');
  };
}

const nodePort = { type: 'NodePort' } as const;

const plays: Readonly<Record<string, Play>> = {
  'e2e/23': async (t, scene) => {
    await scene.write(scene.service(affinity()), scene.slice(endpoints));
    for (const from of ['pod1', 'calico', 'pod2', 'host1', 'host2'] as const) {
      for (const protocol of protocols) {
        const question = { from, ip: scene.clusterIP, port: 80, protocol } as const;
        await scene.settled(question);
        await isPinned(t, scene, question);
      }
    }
    const question = { from: 'pod1', ip: scene.clusterIP, port: 80 } as const;
    const who = await ask(scene.cluster, question);
    const others = endpoints.filter((pod) => pod !== who);
    await scene.write(scene.service(affinity()), scene.slice(others));
    const moved = async () => (await ask(scene.cluster, question)) !== who;
    while (!(await moved())) await sleep(50);
    t.not(await only(scene, question), who, 'its endpoint gone, it stays with another');
  },
  'e2e/24': timesOut(byClusterIP),
  'e2e/25': switched(byClusterIP),
  'e2e/26': async (t, scene) => {
    await scene.write(scene.service({ ...nodePort, ...affinity() }), scene.slice(endpoints));
    const { ip, port, froms } = byNodePort(scene);
    for (const from of froms) {
      for (const protocol of protocols) {
        await scene.settled({ from, ip, port, protocol });
        await isPinned(t, scene, { from, ip, port, protocol });
      }
    }
  },
  'e2e/27': timesOut(byNodePort, nodePort),
  'e2e/28': switched(byNodePort, nodePort),
  'e2e/77–78': async (t, scene) => {
    await scene.write(scene.service(affinity()), scene.slice(endpoints));
    for (const protocol of protocols) {
      const question = { from: 'pod1', ip: scene.clusterIP, port: 80, protocol } as const;
      await scene.settled(question);
      await isPinned(t, scene, question);
    }
  },
  'e2e/86': switched(byLocalhost, nodePort),
  'e2e/91–94': async (t, scene) => {
    for (const externalTrafficPolicy of ['Cluster', 'Local'] as const) {
      await switched(byLoadBalancer, { type: 'LoadBalancer', externalTrafficPolicy })(t, scene);
      t.pass(externalTrafficPolicy);
    }
  },
};

t.test('session affinity', { timeout: 58_000 }, (t) =>
  playAll(t, 'conformance/affinity', plays, { jobs: 6 }),
);
