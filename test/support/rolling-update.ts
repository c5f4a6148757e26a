// test/support/rolling-update.ts: pods of two Services are replaced one by one for as long as clients ask, each going
// through what a Deployment's pods go through: ready; terminating and serving; gone. And how the clients fared.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { SliceEndpoint } from '../../lib/model/kube-objects.js';
import { indexOf, nodeNames, nodeOf, type PodName, podEndpoint, podIP } from './cluster.js';
import { nodeIP, type Scene } from './cluster-scene.js';
import { sleep } from './eventually.js';
import { killed } from './killed.js';

export interface PodCommand {
  readonly id: number;
  readonly do: 'start' | 'end';
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface PodReply {
  readonly id: number;
  readonly error?: string;
}

export interface LoadWish {
  readonly ip: string;
  readonly port: number;
  /** At least; they go on until they are told that it is enough, by any message. */
  readonly count: number;
  readonly clients: number;
  readonly keepAlive: boolean;
}

export interface LoadResult {
  readonly byPod: Readonly<Record<string, number>>;
  readonly failed: number;
  /** The first few. */
  readonly failures: readonly string[];
}

/** Of the pods' HTTP servers. */
const podPort = 8090;
const clientsOfEach = 4;
const targetPorts = [{ name: 'http', port: podPort, protocol: 'TCP' }] as const;

/** Two pods of each node are ready at any time; the third one's turn comes next. */
const first: readonly PodName[] = ['a1', 'b1', 'a2', 'b2'];

const program = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** `requests` in all, from inside and outside, over connections that are kept and not; none may fail. */
export async function rollingUpdate(t: Test, scene: Scene, requests: number): Promise<void> {
  const { cluster, clusterIP, externalIP, nodePort } = scene;
  const pods = nodeNames.map((node) => startPods(cluster.rig.pods[indexOf(node)]));
  const podsOf = (pod: PodName) => {
    const found = pods[indexOf(nodeOf(pod))];
    if (found === undefined) throw new Error(`nothing runs on the node of ${pod}`);
    return found;
  };
  t.teardown(() => Promise.all(pods.map((each) => each.close())).then(() => undefined));
  await Promise.all(first.map((pod) => podsOf(pod).start(pod)));
  let endpoints: readonly SliceEndpoint[] = first.map((pod) => podEndpoint(pod));
  const write = () => writeBoth(scene, endpoints);
  await write();
  const [node1] = cluster.rig.nodes;
  const count = Math.ceil(requests / 4);
  const loads = [
    { who: 'pod2 → ClusterIP', from: cluster.rig.pods[1], ip: clusterIP, port: 80, keepAlive: false },
    { who: 'node1 → ClusterIP, kept', from: node1, ip: clusterIP, port: 80, keepAlive: true },
    {
      who: 'outside → load balancer, Cluster',
      from: cluster.rig.outside,
      ip: externalIP,
      port: 80,
      keepAlive: false,
    },
    {
      who: 'outside → nodePort, Local, kept',
      from: cluster.rig.outside,
      ip: nodeIP('node1'),
      port: nodePort + 1,
      keepAlive: true,
    },
  ];
  for (const { from, ip, port } of loads) await answers(from, ip, port);

  let asking = true;
  const started = loads.map(({ who, from, ...target }) => ({
    who,
    load: startLoad(from, { ...target, count, clients: clientsOfEach }),
  }));
  t.teardown(() => Promise.all(started.map(({ load }) => load.close())).then(() => undefined));
  const results = Promise.all(
    started.map(async ({ who, load }) => ({ who, ...(await load.result) })),
  ).finally(() => {
    asking = false;
  });
  let replaced = 0;
  let serving: readonly PodName[] = first;
  while (asking) {
    const [old = 'a1', ...others] = serving;
    const next = spare(serving, old);
    await podsOf(next).start(next);
    serving = [...others, next];
    const ready = serving.map((pod) => podEndpoint(pod));
    endpoints = [
      ...ready,
      podEndpoint(old, { conditions: { ready: false, serving: true, terminating: true } }),
    ];
    await write();
    await podsOf(old).end(old);
    endpoints = ready;
    await write();
    await sleep(50);
    replaced += 1;
    if (replaced === first.length) for (const { load } of started) load.enough();
  }
  for (const { who, byPod, failed, failures } of await results) {
    const asked = Object.values(byPod).reduce((sum, each) => sum + each, 0);
    t.same(failures, [], `${who}: none failed`);
    t.equal(failed, 0, who);
    t.ok(asked >= count, `${who}: ${asked} of ${count} and more, ${JSON.stringify(byPod)}`);
  }
  t.ok(replaced >= first.length, `${replaced} pods were replaced meanwhile`);
}

/** Of the same node as `old`, and not serving. */
function spare(serving: readonly PodName[], old: PodName): PodName {
  const ofNode: readonly PodName[] = nodeOf(old) === 'node1' ? ['a1', 'a2', 'a3'] : ['b1', 'b2', 'b3'];
  const found = ofNode.find((pod) => !serving.includes(pod));
  if (found === undefined) throw new Error(`all pods of ${nodeOf(old)} serve`);
  return found;
}

/** One Service under each externalTrafficPolicy, over the same pods. */
async function writeBoth(scene: Scene, endpoints: readonly SliceEndpoint[]): Promise<void> {
  const { name, nodePort, externalIP } = scene;
  const port = { name: 'http', port: 80, protocol: 'TCP' } as const;
  const status = { status: { loadBalancer: { ingress: [{ ip: externalIP }] } } };
  const open = scene.service({ type: 'LoadBalancer', ports: [{ ...port, nodePort }] }, status);
  const local = scene.service({
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ ...port, nodePort: nodePort + 1 }],
  });
  const slice = scene.slice(endpoints, { ports: targetPorts });
  const localName = `${name}-local`;
  await scene.write(
    open,
    {
      ...local,
      metadata: { namespace: 'default', name: localName },
      spec: { ...local.spec, clusterIP: scene.clusterIP.replace('10.96.7.', '10.96.9.') },
    },
    slice,
    {
      ...slice,
      metadata: {
        namespace: 'default',
        name: localName,
        labels: { 'kubernetes.io/service-name': localName },
      },
    },
  );
}

async function answers(from: Namespace, ip: string, port: number): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const { status } = await from.run(['curl', '-s', '-m', '1', `http://${ip}:${port}/`]);
    if (status === 0) return;
    await sleep(50);
  }
  throw new Error(`http://${ip}:${port}/ does not answer`);
}

interface Load {
  /** Once `count` were asked and enough() was called. */
  readonly result: Promise<LoadResult>;
  enough(): void;
  close(): Promise<void>;
}

function startLoad(from: Namespace, wish: LoadWish): Load {
  const argv = [process.execPath, program('rolling-load-program'), JSON.stringify(wish)];
  const child: ChildProcess = from.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message: LoadResult) => resolve(message));
    child.on('error', reject);
    child.on('exit', (status) => reject(new Error(`the load ended with status ${status}`)));
  });
  return { result, enough: () => void child.send('enough'), close: () => killed(child) };
}

interface Pods {
  start(pod: PodName): Promise<void>;
  /** Resolves when its last client has left. */
  end(pod: PodName): Promise<void>;
  close(): Promise<void>;
}

function startPods(namespace: Namespace): Pods {
  const child: ChildProcess = namespace.spawn([process.execPath, program('rolling-pods-program')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, (reply: PodReply) => void>();
  child.on('message', (reply: PodReply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let lastId = 0;
  const ask = async (what: 'start' | 'end', pod: PodName): Promise<void> => {
    lastId += 1;
    const id = lastId;
    const { error } = await new Promise<PodReply>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, do: what, name: pod, address: podIP(pod), port: podPort } satisfies PodCommand);
    });
    if (error !== undefined) throw new Error(`${what} pod ${pod}: ${error}`);
  };
  return {
    start: (pod) => ask('start', pod),
    end: (pod) => ask('end', pod),
    close: () => killed(child),
  };
}
