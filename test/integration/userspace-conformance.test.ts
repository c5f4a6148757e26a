// What the unit tests of kube-proxy's userspace mode (pkg/proxy/userspace, until 1.25) and of its small successor
// (pkg/proxy/localnodeportproxy, 1.37) pin, against our program: played here where no other test does, else a pointer
// to the test that does, which is looked up so that it can't go stale.
//
// Ours on purpose, where upstream pins something else: a changed port, clusterIP or externalIP keeps its listener
// (TestTCPProxyUpdatePort, TestProxyUpdatePublicIPs); EndpointSlices are read (TestNoopEndpointSlice); the rotation is
// in a stable order that survives a change (TestLoadBalanceWorksWithMultipleEndpoints, ...AndUpdates); no endpoints is
// a refusal with the listener kept (NoEndpoints); UDP is served (SkipUDP); connections may end within a grace period
// (ShutdownClosesInFlightConnections); a client whose every endpoint failed is reset (BackendConnectionFailure).
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { KubeObject, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import type { Program } from '../support/portal.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { createStage, dataPlanes, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 4;

const [pod1, pod2, pod3] = addresses.IPv4.pods;
const deadlineMs = 5000;
const short = { timeoutMs: 300 };

/** Upstream's test, and ours: the file, and its name there. */
const elsewhere: readonly (readonly [upstream: string, file: string, name: string])[] = [
  ['TestTCPProxy', 'integration/cluster-ip', 'TCP, 2,000 bytes, from'],
  ['TestUDPProxy', 'integration/cluster-ip', 'UDP, 2,000 bytes, from'],
  ['TestMultiPortProxy', 'integration/cluster-ip', 'One Service with TCP and UDP on the same port'],
  ['TestTCPProxyUpdatePort', 'integration/changes', 'a manifest is added, edited, removed'],
  ['TestUDPProxyUpdatePort', 'integration/changes', "a UDP flow follows its Service's target port"],
  [
    'TestOnServiceAddChangeMap',
    'model/change-tracker',
    'events coalesce: the oldest previous, the newest current',
  ],
  ['TestNoopEndpointSlice', 'integration/changes', 'an endpoint change touches no rule'],
  ['TestRangeAllocatorEmpty', 'cli/port-range', 'empty, 0 and 0-0 mean any free port'],
  [
    'TestRangeAllocatorFullyAllocated',
    'proxier/port-allocator',
    'a range of one: the second taker gets none',
  ],
  ['TestRangeAllocator_RandomishAllocation', 'proxier/port-allocator', 'every port of a range is given once'],
  ['TestValidateWorks', 'model/convert-endpoint-slice', 'one wrong endpoint is left out alone'],
  ['TestFilterWorks', 'model/convert-endpoints', 'wrong fields are left out and named'],
  ['TestLoadBalanceFailsWithNoEndpoints', 'balance/round-robin', 'without endpoints there is nothing to try'],
  ['TestLoadBalanceWorksWithSingleEndpoint', 'balance/round-robin', 'a single endpoint serves every client'],
  [
    'TestLoadBalanceWorksWithMultipleEndpoints',
    'integration/cluster-ip',
    'TCP clients get the endpoints in turn',
  ],
  [
    'TestLoadBalanceWorksWithMultipleEndpointsAndUpdates',
    'balance/round-robin',
    'the rotation goes on over an update',
  ],
  [
    'TestStickyLoadBalanceWorksWithNewServiceCalledFirst',
    'integration/userspace-affinity',
    'the Service before its endpoints: clients are spread, and each stays',
  ],
  [
    'TestStickyLoadBalanceWorksWithNewServiceCalledSecond',
    'integration/userspace-affinity',
    'endpoints before their Service: the timeout is its own, not the default',
  ],
  [
    'TestStickyLoadBalanaceWorksWithMultipleEndpointsRemoveOne',
    'integration/userspace-affinity',
    'one endpoint is removed: its client alone moves; one is added: nobody does',
  ],
  [
    'TestStickyLoadBalanceWorksWithMultipleEndpointsAndUpdates',
    'integration/userspace-affinity',
    'one endpoint is removed: its client alone moves; one is added: nobody does',
  ],
  [
    'TestStickyLoadBalanceWorksWithServiceRemoval',
    'integration/userspace-affinity',
    "another Service is removed: this one's clients stay",
  ],
  [
    'TestStickyLoadBalanceWorksWithEndpointFails',
    'integration/userspace-affinity',
    'an endpoint that does not answer: its client moves on and stays there',
  ],
  [
    'SessionAffinity',
    'integration/userspace-affinity',
    'endpoints before their Service: the timeout is its own, not the default',
  ],
  ['AddAndRemove', 'integration/cluster-ip', 'write, half-close, read all'],
  ['UpdateEndpoints', 'integration/refusal', 'its listeners kept their ports all the time'],
  ['NoEndpoints', 'integration/refusal', 'endpoints come and go'],
  ['PickEndpoint', 'balance/round-robin', 'without endpoints there is nothing to try'],
  ['Shutdown', 'integration/restart', 'no more clients, the open ones may end, the rules stay'],
  ['ShutdownClosesInFlightConnections', 'integration/restart', 'a stream that does not end is cut'],
  ['IPv6', 'integration/cluster-ip', "of ['IPv4', 'IPv6']"],
  ['NoAffinity', 'integration/cluster-ip', 'TCP clients get the endpoints in turn'],
  ['creation-failure counter', 'integration/bad-input', 'the port range is used up'],
];

t.test('what is tested elsewhere is there', async (t) => {
  for (const [upstream, file, name] of elsewhere) {
    const source = readFileSync(`test/${file}.test.ts`, 'utf8');
    t.ok(source.includes(name), `${upstream}: test/${file}.test.ts, ${name}`);
  }
});

const p = { name: 'p', port: 80, protocol: 'TCP' } as const;
const q = { name: 'q', port: 81, protocol: 'UDP' } as const;

interface Scene {
  readonly stage: Stage;
  readonly program: Program;
  readonly name: string;
  readonly ip: string;
  write(...objects: readonly KubeObject[]): Promise<void>;
  service(clusterIP?: string, ports?: readonly ServicePortSpec[]): KubeObject;
  /** Ports p and q of the Service, both at 8080 of the pods. */
  slice(ips?: readonly string[]): KubeObject;
}

function sceneOf(stage: Stage, program: Program, at: number): Scene {
  const [name, ip] = [`scene${at}`, `10.96.3.${at}`];
  const targets = [p, q].map((each) => ({ ...each, port: 8080 }));
  return {
    stage,
    program,
    name,
    ip,
    write: (...objects) => stage.manifests.write(`${name}.json`, objects),
    service: (clusterIP = ip, ports = [p, q]) => service(name, clusterIP, { ports }),
    slice: (ips = [pod1]) => slice(name, ips, { ports: targets }),
  };
}

async function isServed({ stage, ip }: Scene): Promise<void> {
  const { pods } = stage;
  await eventually(`TCP at ${ip}`, async () => (await pods.tcpRequest(ip, 80, short)).ok, deadlineMs);
  await eventually(`UDP at ${ip}`, async () => (await pods.udpRequest(ip, 81, short)).ok, deadlineMs);
}

async function isGone({ stage, ip }: Scene): Promise<void> {
  const { pods } = stage;
  await eventually(`no TCP at ${ip}`, async () => !(await pods.tcpRequest(ip, 80, short)).ok, deadlineMs);
  await eventually(`no UDP at ${ip}`, async () => !(await pods.udpRequest(ip, 81, short)).ok, deadlineMs);
}

/** The proxy ports of the scene's portals. */
async function portsOf({ stage, ip }: Scene): Promise<ReadonlyMap<string, number>> {
  return new Map([...proxyPorts(await stage.saved())].filter(([portal]) => portal.startsWith(`${ip}:`)));
}

const scenes: readonly (readonly [upstream: string, play: (t: Test, scene: Scene) => Promise<void>])[] = [
  [
    'TestUDPProxyTimeout: a client that is silent is forgotten',
    async (t, scene) => {
      const { stage, program, name, ip } = scene;
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      const flow = await stage.pods.udpOpen(ip, 81);
      t.match(await flow.exchange('x'), 'web1:x');
      const clients = async () => {
        const all = await program.metric('kubeportal_udp_clients');
        return [...all].find(([labels]) => labels.includes(`service="${name}"`))?.[1] ?? -1;
      };
      t.ok((await clients()) >= 1, 'it is known after its first datagram');
      const elapsedMs = await eventually('it is forgotten', async () => (await clients()) === 0, deadlineMs);
      t.comment(`forgotten after ${elapsedMs} ms; the timeout is 1 s`);
      t.match(await flow.exchange('y'), 'web1:y', 'and served again');
    },
  ],
  [
    'TestMultiPortOnServiceAdd: two ports, two portals, two listeners, and nothing for an unknown port',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      const ports = await portsOf(scene);
      t.same([...ports.keys()].sort(), [`${scene.ip}:80/tcp`, `${scene.ip}:81/udp`]);
      t.equal(new Set(ports.values()).size, 2);
      t.match(await scene.stage.pods.tcpRequest(scene.ip, 82, short), { ok: false });
    },
  ],
  [
    'TestTCPProxyStop, TestUDPProxyStop, TestTCPProxyUpdateDelete, TestUDPProxyUpdateDelete: the listeners are closed',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      const ports = [...(await portsOf(scene)).values()];
      t.equal(ports.length, 2);
      const open = async () => {
        const sockets = await scene.stage.run('ss -Hlntu');
        return ports.filter((port) => new RegExp(`:${port} `).test(sockets)).length;
      };
      t.equal(await open(), 2);
      await scene.write(scene.slice());
      await isGone(scene);
      await eventually('both are closed', async () => (await open()) === 0, deadlineMs);
    },
  ],
  [
    'TestTCPProxyUpdateDeleteUpdate, TestUDPProxyUpdateDeleteUpdate: deleted, added again, served again',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      await scene.write();
      await isGone(scene);
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      t.equal((await portsOf(scene)).size, 2);
    },
  ],
  [
    'TestProxyUpdatePublicIPs: externalIPs are added, and it is served as before',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      const before = await portsOf(scene);
      const spec = { externalIPs: ['203.0.113.7'] };
      await scene.write(service(scene.name, scene.ip, { ports: [p, q], spec }), scene.slice([pod2]));
      const isSecond = async () => (await scene.stage.pods.tcpRequest(scene.ip, 80)).reply === 'web2';
      await eventually('the change is in force', isSecond, deadlineMs);
      t.same(await portsOf(scene), before, 'by the same listeners');
    },
  ],
  [
    'TestProxyUpdatePortal: no clusterIP, then None: not served; one again: served',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      for (const clusterIP of ['', 'None']) {
        await scene.write(scene.service(clusterIP), scene.slice());
        await isGone(scene);
        t.same(await portsOf(scene), new Map());
      }
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
    },
  ],
  [
    'TestLoadBalanceWorksWithMultipleEndpointsMultiplePorts: each port has a rotation of its own',
    async (t, scene) => {
      const both = [p, { ...p, name: 'r', port: 82 }];
      const targets = both.map((each) => ({ ...each, port: 8080 }));
      await scene.write(
        scene.service(scene.ip, both),
        slice(scene.name, [pod1, pod2, pod3], { ports: targets }),
      );
      const ask = async (port: number) => (await scene.stage.pods.tcpRequest(scene.ip, port, short)).reply;
      await eventually('it is served', async () => (await ask(80)) === 'web1', deadlineMs);
      await eventually('so is the other port', async () => (await ask(82)) === 'web3', deadlineMs);
      const answers: string[] = [];
      for (const port of [82, 80, 82, 80, 82]) answers.push(await ask(port));
      t.same(answers, ['web1', 'web2', 'web2', 'web3', 'web3'], 'each goes on where it was');
    },
  ],
  [
    "TestLoadBalanceWorksWithServiceRemoval: another Service's removal leaves the rotation where it was",
    async (t, scene) => {
      const { stage, ip, name } = scene;
      const otherIP = ip.replace('10.96.3.', '10.96.4.');
      const other = service(`${name}-other`, otherIP, { ports: [p] });
      await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]), other);
      const ask = async () => (await stage.pods.tcpRequest(ip, 80, short)).reply;
      await eventually('it is served', async () => (await ask()) === 'web1', deadlineMs);
      t.equal(await ask(), 'web2');
      await scene.write(scene.service(), scene.slice([pod1, pod2, pod3]));
      await eventually(
        'the other one is gone',
        async () => !proxyPorts(await stage.saved()).has(`${otherIP}:80/tcp`),
        deadlineMs,
      );
      t.same([await ask(), await ask()], ['web3', 'web1']);
    },
  ],
  [
    'BackendConnectionFailure: a client is reset when every endpoint was tried, and one that lives is enough',
    async (t, scene) => {
      const { stage, ip, name } = scene;
      // Nobody listens on this port of the first two.
      const targets = [{ ...p, port: 8090 }];
      await stage.pods.tcpEcho(pod3, 8090, 'alive');
      await scene.write(scene.service(ip, [p]), slice(name, [pod1, pod2], { ports: targets }));
      const isReset = async () => (await stage.pods.tcpRequest(ip, 80)).errorCode === 'ECONNRESET';
      await eventually('it is reset', isReset, deadlineMs);
      const failed = [...(await scene.program.metric('kubeportal_connections_failed_total'))];
      t.ok(
        failed.some(([labels]) => labels.includes(`service="${name}"`) && labels.includes('reason="dial"')),
      );
      await scene.write(scene.service(ip, [p]), slice(name, [pod1, pod2, pod3], { ports: targets }));
      await eventually('it is served', async () => (await stage.pods.tcpRequest(ip, 80)).ok, deadlineMs);
      for (let client = 0; client < 6; client += 1) {
        t.match(await stage.pods.tcpRequest(ip, 80), { reply: 'alive' });
      }
    },
  ],
  [
    'SkipUDP, the listeners gauge: UDP is served, and each ServicePort is counted',
    async (t, scene) => {
      await scene.write(scene.service(), scene.slice());
      await isServed(scene);
      const gauge = (await scene.program.metric('kubeportal_service_ports')).get('') ?? 0;
      t.ok(gauge >= 2, 'both of this one are in it');
    },
  ],
];

for (const dataPlane of dataPlanes) {
  t.test(`what is played here, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { dataPlane });
    await serveOnPods(stage, 'web');
    const program = await stage.serve(['--udp-timeout=1s']);
    await t.test('scenes', async (t) => {
      t.jobs = 4;
      scenes.forEach(([upstream, play], at) => {
        t.test(upstream, { buffered: true }, (t) => play(t, sceneOf(stage, program, at + 1)));
      });
    });
  });
}
