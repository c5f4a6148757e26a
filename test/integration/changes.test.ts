// Changes: what is edited in a manifest is in force within 2 seconds, touches nothing but what changed, and takes
// along those who are connected already. Each scene has a clusterIP and a manifest of its own.
import t, { type Test } from 'tap';
import type { KubeObject, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { eventually, sleep } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import type { Conversation, Peer } from '../support/peer-client.js';
import type { Program } from '../support/portal.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage } from '../support/stage.js';

t.jobs = 2;

/** 2 s, and the rest for a busy machine. */
const deadlineMs = 5000;
const [pod1, pod2] = addresses.IPv4.pods;
const tcp = { name: 'tcp', port: 80, protocol: 'TCP' } as const;
const udp = { name: 'udp', port: 80, protocol: 'UDP' } as const;

interface Scene {
  readonly stage: Stage;
  readonly name: string;
  readonly ip: string;
  /** Of its endpoints. */
  readonly port: number;
  write(...objects: readonly KubeObject[]): Promise<void>;
  remove(): Promise<void>;
  /** Echo servers for TCP and UDP. */
  serveOn(address: string, name: string, port?: number): Promise<void>;
  service(ports?: readonly ServicePortSpec[]): KubeObject;
  slice(ips: readonly string[], port?: number): KubeObject;
}

function sceneOf(stage: Stage, at: number): Scene {
  const [name, ip, port] = [`scene${at}`, `10.96.1.${at}`, 8100 + 10 * at];
  const file = `${name}.json`;
  return {
    stage,
    name,
    ip,
    port,
    write: (...objects) => stage.manifests.write(file, objects),
    remove: () => stage.manifests.remove(file),
    serveOn: async (address, serverName, serverPort = port) => {
      await stage.pods.tcpEcho(address, serverPort, serverName);
      await stage.pods.udpEcho(address, serverPort, serverName);
    },
    service: (ports = [tcp, udp]) => service(name, ip, { ports }),
    slice: (ips, slicePort = port) =>
      slice(name, ips, { ports: [tcp, udp].map((each) => ({ ...each, port: slicePort })) }),
  };
}

async function tcpServed(t: Test, peer: Peer, ip: string, port: number, by: string): Promise<void> {
  const elapsedMs = await eventually(
    `${by} answers at ${ip}:${port}`,
    async () => (await peer.tcpRequest(ip, port, { timeoutMs: 300 })).reply === by,
    deadlineMs,
  );
  t.pass(`${by} answers at ${ip}:${port} after ${elapsedMs} ms`);
}

async function udpServed(t: Test, peer: Peer, ip: string, port: number, by: string): Promise<void> {
  const elapsedMs = await eventually(
    `${by} answers at ${ip}:${port}/UDP`,
    async () => (await peer.udpRequest(ip, port, { timeoutMs: 300 })).reply === `${by}:hello`,
    deadlineMs,
  );
  t.pass(`${by} answers at ${ip}:${port}/UDP after ${elapsedMs} ms`);
}

async function notServed(
  t: Test,
  peer: Peer,
  ip: string,
  port: number,
  protocol: 'TCP' | 'UDP',
): Promise<void> {
  const request = protocol === 'TCP' ? peer.tcpRequest : peer.udpRequest;
  const elapsedMs = await eventually(
    `nobody answers at ${ip}:${port}/${protocol}`,
    async () => !(await request.call(peer, ip, port, { timeoutMs: 300 })).ok,
    deadlineMs,
  );
  t.pass(`nobody answers at ${ip}:${port}/${protocol} after ${elapsedMs} ms`);
}

/** The same flow (one source port) is answered by `by`. */
async function flowServed(t: Test, flow: Conversation, by: string): Promise<void> {
  const isBy = async () => (await flow.exchange('x')) === `${by}:x`;
  t.pass(`${by} answers the flow after ${await eventually(`${by} answers the flow`, isBy, deadlineMs)} ms`);
}

const scenes: readonly (readonly [name: string, play: (t: Test, scene: Scene) => Promise<void>])[] = [
  [
    'a manifest is added, edited, removed',
    async (t, { stage, ip, write, remove, serveOn, ...scene }) => {
      await serveOn(pod1, 'added');
      await write(scene.service(), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 80, 'added');
      await write(scene.service([{ ...tcp, port: 90 }]), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 90, 'added');
      await notServed(t, stage.pods, ip, 80, 'TCP');
      await notServed(t, stage.pods, ip, 80, 'UDP');
      await remove();
      await notServed(t, stage.pods, ip, 90, 'TCP');
    },
  ],
  [
    'a Service is deleted: its streams go on, nobody new gets in, its UDP flows stop',
    async (t, { stage, ip, write, remove, serveOn, ...scene }) => {
      await serveOn(pod1, 'deleted');
      await write(scene.service(), scene.slice([pod1]));
      await tcpServed(t, stage.outside, ip, 80, 'deleted');
      const stream = await stage.outside.tcpOpen(ip, 80);
      const flow = await stage.outside.udpOpen(ip, 80, { timeoutMs: 300 });
      t.equal(await stream.exchange('before'), 'before');
      await flowServed(t, flow, 'deleted');
      await remove();
      await notServed(t, stage.outside, ip, 80, 'TCP');
      await eventually(
        'the flow stops',
        () =>
          flow.exchange('x').then(
            () => false,
            () => true,
          ),
        deadlineMs,
      );
      t.equal(await stream.exchange('after'), 'after', 'the stream goes on');
      t.equal(await stream.finish('end'), 'end', 'and ends in order');
    },
  ],
  [
    'a UDP flow moves when its endpoint leaves, also to none and back',
    async (t, { stage, ip, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'one');
      await serveOn(pod2, 'two');
      await write(scene.service(), scene.slice([pod1]));
      await udpServed(t, stage.pods, ip, 80, 'one');
      await udpServed(t, stage.host, ip, 80, 'one');
      const flows = [
        await stage.pods.udpOpen(ip, 80, { timeoutMs: 300 }),
        await stage.host.udpOpen(ip, 80, { timeoutMs: 300 }),
      ];
      for (const flow of flows) await flowServed(t, flow, 'one');
      await write(scene.service(), scene.slice([pod2]));
      for (const flow of flows) await flowServed(t, flow, 'two');
      await write(scene.service(), scene.slice([]));
      for (const flow of flows) {
        const refused = (err: { code?: string }) => /^(ECONNREFUSED|EPERM)$/.test(err.code ?? '');
        await eventually('it is refused', () => flow.exchange('x').then(() => false, refused), deadlineMs);
      }
      await write(scene.service(), scene.slice([pod1]));
      for (const flow of flows) await flowServed(t, flow, 'one');
    },
  ],
  [
    'a UDP client that sent before there was a Service is served once there is one',
    async (t, { stage, ip, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'late');
      const flows = [
        await stage.pods.udpOpen(ip, 80, { timeoutMs: 300 }),
        await stage.host.udpOpen(ip, 80, { timeoutMs: 300 }),
      ];
      for (const flow of flows) await t.rejects(flow.exchange('early'), 'nobody is there');
      await write(scene.service(), scene.slice([pod1]));
      for (const flow of flows) await flowServed(t, flow, 'late');
    },
  ],
  [
    "a UDP flow follows its Service's target port",
    async (t, { stage, ip, port, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'old', port);
      await serveOn(pod1, 'new', port + 1);
      await write(scene.service(), scene.slice([pod1], port));
      await udpServed(t, stage.pods, ip, 80, 'old');
      const flow = await stage.pods.udpOpen(ip, 80, { timeoutMs: 300 });
      await flowServed(t, flow, 'old');
      await write(scene.service(), scene.slice([pod1], port + 1));
      await flowServed(t, flow, 'new');
    },
  ],
  [
    'the label service-proxy-name hands a Service to somebody else, and back',
    async (t, { stage, name, ip, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'labelled');
      const labels = { 'service.kubernetes.io/service-proxy-name': 'somebody-else' };
      await write(service(name, ip, { ports: [tcp], labels }), scene.slice([pod1]));
      await sleep(1000);
      t.match(
        await stage.pods.tcpRequest(ip, 80, { timeoutMs: 300 }),
        { ok: false },
        'not ours from the start',
      );
      await write(scene.service(), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 80, 'labelled');
      await write(service(name, ip, { ports: [tcp], labels }), scene.slice([pod1]));
      await notServed(t, stage.pods, ip, 80, 'TCP');
    },
  ],
  [
    'a Service changes from ExternalName to ClusterIP and back',
    async (t, { stage, name, ip, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'typed');
      const externalName = service(name, '', { spec: { type: 'ExternalName' }, ports: [] });
      await write(externalName, scene.slice([pod1]));
      await sleep(500);
      await write(scene.service(), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 80, 'typed');
      await write(externalName, scene.slice([pod1]));
      await notServed(t, stage.pods, ip, 80, 'TCP');
    },
  ],
  [
    'a port is renamed: served on, and its streams go on',
    async (t, { stage, name, ip, port, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'named');
      await write(scene.service([tcp]), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 80, 'named');
      const stream = await stage.pods.tcpOpen(ip, 80);
      const renamed = { ...tcp, name: 'http' };
      await write(
        service(name, ip, { ports: [renamed] }),
        slice(name, [pod1], { ports: [{ ...renamed, port }] }),
      );
      const before = proxyPorts(await stage.saved()).get(`${ip}:80/tcp`);
      await eventually(
        'it has a new proxy port',
        async () => proxyPorts(await stage.saved()).get(`${ip}:80/tcp`) !== before,
        deadlineMs,
      );
      t.match(await stage.pods.tcpRequest(ip, 80), { reply: 'named' });
      t.equal(await stream.exchange('still here'), 'still here');
    },
  ],
  [
    'one port for TCP and UDP, then TCP only, then UDP only',
    async (t, { stage, ip, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'both');
      await write(scene.service([tcp, udp]), scene.slice([pod1]));
      await tcpServed(t, stage.pods, ip, 80, 'both');
      await udpServed(t, stage.pods, ip, 80, 'both');
      await write(scene.service([tcp]), scene.slice([pod1]));
      await notServed(t, stage.pods, ip, 80, 'UDP');
      await tcpServed(t, stage.pods, ip, 80, 'both');
      await write(scene.service([udp]), scene.slice([pod1]));
      await notServed(t, stage.pods, ip, 80, 'TCP');
      await udpServed(t, stage.pods, ip, 80, 'both');
    },
  ],
  [
    'a named target port may be another number in each slice',
    async (t, { stage, name, ip, port, write, serveOn, ...scene }) => {
      await serveOn(pod1, 'first', port);
      await serveOn(pod2, 'second', port + 1);
      await write(
        scene.service([{ ...tcp, targetPort: 'web' }]),
        slice(name, [pod1], { sliceName: `${name}-1`, ports: [{ ...tcp, port }] }),
        slice(name, [pod2], { sliceName: `${name}-2`, ports: [{ ...tcp, port: port + 1 }] }),
      );
      await tcpServed(t, stage.pods, ip, 80, 'first');
      t.match(await stage.pods.tcpRequest(ip, 80), { reply: 'second' });
      t.match(await stage.pods.tcpRequest(ip, 80), { reply: 'first' });
    },
  ],
  [
    'two Services trade their clusterIPs: each serves where it says',
    async (t, { stage, name, ip, port, write, serveOn }) => {
      await serveOn(pod1, 'left', port);
      await serveOn(pod2, 'right', port + 1);
      const other = ip.replace('10.96.1.', '10.96.2.');
      const pair = (leftIp: string, rightIp: string): readonly KubeObject[] => [
        service(`${name}-left`, leftIp, { ports: [tcp] }),
        service(`${name}-right`, rightIp, { ports: [tcp] }),
        slice(`${name}-left`, [pod1], { ports: [{ ...tcp, port }] }),
        slice(`${name}-right`, [pod2], { ports: [{ ...tcp, port: port + 1 }] }),
      ];
      await write(...pair(ip, other));
      await tcpServed(t, stage.pods, ip, 80, 'left');
      await tcpServed(t, stage.pods, other, 80, 'right');
      await write(...pair(other, ip));
      await tcpServed(t, stage.pods, ip, 80, 'right');
      await tcpServed(t, stage.pods, other, 80, 'left');
    },
  ],
];

/** Handles grow with every rule that is written anew; packet counters do not matter. */
async function ruleset(stage: Stage): Promise<string> {
  const handles =
    stage.variant === 'nft'
      ? (await stage.run('nft -a list ruleset')).replaceAll(/packets \d+ bytes \d+/g, '')
      : '';
  return `${await stage.saved('IPv4')}\n${await stage.saved('IPv6')}\n${handles}`;
}

async function endpointsTouchNoRule(t: Test, stage: Stage, program: Program): Promise<void> {
  const scene = sceneOf(stage, 200);
  await scene.serveOn(pod1, 'one');
  await scene.serveOn(pod2, 'two');
  await scene.write(scene.service(), scene.slice([pod1]));
  await tcpServed(t, stage.pods, scene.ip, 80, 'one');
  const before = await ruleset(stage);
  const written = await program.metric('kubeportal_rules_written_total');
  t.ok((written.get('') ?? 0) > 0, 'the metric counts what was written so far');
  // A sync may have come between the Service and its slice, and refused it for that moment.
  const deleted = await program.metric('kubeportal_rules_deleted_total');
  await scene.write(scene.service(), scene.slice([pod2]));
  await tcpServed(t, stage.pods, scene.ip, 80, 'two');
  await scene.write(scene.service(), scene.slice([pod1, pod2]));
  await tcpServed(t, stage.pods, scene.ip, 80, 'one');
  t.equal(await ruleset(stage), before, 'the rules are the very same ones');
  t.same(await program.metric('kubeportal_rules_written_total'), written);
  t.same(await program.metric('kubeportal_rules_deleted_total'), deleted);
}

for (const { variant, addressless, dataPlane } of [
  { variant: 'nft', addressless: true, dataPlane: 'linux' },
  { variant: 'nft', addressless: true, dataPlane: 'node' },
  { variant: 'legacy', addressless: false, dataPlane: 'linux' },
  { variant: 'legacy', addressless: false, dataPlane: 'node' },
] as const) {
  const name = `${variant}, ${addressless ? 'DNAT' : 'REDIRECT'}, ${dataPlane}`;
  t.test(name, { buffered: true }, async (t) => {
    const stage = await createStage(t, { variant, addressless, dataPlane, ipForward: true });
    const program = await stage.serve();
    await t.test('an endpoint change touches no rule', (t) => endpointsTouchNoRule(t, stage, program));
    await t.test('scenes', async (t) => {
      t.jobs = 4;
      scenes.forEach(([name, play], at) => {
        t.test(name, { buffered: true }, (t) => play(t, sceneOf(stage, at + 1)));
      });
    });
    const errors = program.records().filter(({ level }) => level === 'error');
    t.same(errors, [], 'and no error was logged');
  });
}
