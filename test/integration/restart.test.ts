// Stops and restarts: what clients see of them, which is as little as can be, and what stays behind.
import t, { type Test } from 'tap';
import { eventually, sleep } from '../support/eventually.js';
import { type LoadRecord, longestGapMs, startLoad } from '../support/load.js';
import { service, slice } from '../support/objects.js';
import type { Conversation } from '../support/peer-client.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { createStage, dataPlanes, type Stage, type StageOptions } from '../support/stage.js';

t.jobs = 2;

const ips = { left: '10.96.0.40', right: '10.96.0.41', late: '10.96.0.42' } as const;
const endpointPorts = { left: 8081, right: 8082, late: 8083 } as const;
type Name = keyof typeof ips;

const ports = [
  { name: 'tcp', port: 80, protocol: 'TCP' },
  { name: 'udp', port: 80, protocol: 'UDP' },
] as const;

/** Services with two endpoints each, named left1, left2, right1 … */
async function setUp(t: Test, options: StageOptions, names: readonly Name[]): Promise<Stage> {
  const stage = await createStage(t, options);
  for (const name of Object.keys(ips) as Name[]) {
    for (const [at, address] of addresses.IPv4.pods.slice(0, 2).entries()) {
      await stage.pods.tcpEcho(address, endpointPorts[name], `${name}${at + 1}`);
      await stage.pods.udpEcho(address, endpointPorts[name], `${name}${at + 1}`);
    }
  }
  await writeServices(stage, names);
  return stage;
}

function writeServices(stage: Stage, names: readonly Name[]): Promise<void> {
  const objects = names.flatMap((name) => {
    const targets = ports.map((port) => ({ ...port, port: endpointPorts[name] }));
    return [
      service(name, ips[name], { ports }),
      slice(name, addresses.IPv4.pods.slice(0, 2), { ports: targets }),
    ];
  });
  return stage.manifests.write('services.json', objects);
}

for (const { variant, dataPlane } of [
  { variant: 'nft', dataPlane: 'linux' },
  { variant: 'nft', dataPlane: 'node' },
  { variant: 'legacy', dataPlane: 'linux' },
] as const) {
  t.test(`killed under load and started again (${variant}, ${dataPlane})`, { buffered: true }, async (t) => {
    const stage = await setUp(t, { variant, dataPlane, addressless: variant === 'nft' }, ['left', 'right']);
    const first = await stage.serve();
    const rules = await stage.saved();
    const request = { timeoutMs: 4000, payload: 'ping' };
    const loads = {
      left: startLoad(() => stage.outside.tcpRequest(ips.left, 80, request)),
      right: startLoad(() => stage.host.tcpRequest(ips.right, 80, request)),
      leftUdp: startLoad(() => stage.pods.udpRequest(ips.left, 80, { timeoutMs: 200 })),
    };
    const flows = [
      await stage.pods.udpOpen(ips.right, 80, { timeoutMs: 300 }),
      await stage.host.udpOpen(ips.right, 80, { timeoutMs: 300 }),
    ];
    for (const flow of flows) t.match(await flow.exchange('x'), /^right\d:x$/);
    await sleep(500);
    t.same(await first.end('SIGKILL'), { code: null, signal: 'SIGKILL' });
    t.equal(await stage.saved(), rules, 'the rules stand without the program');

    const second = await stage.serve();
    for (const flow of flows) await flowGoesOn(t, flow);
    await sleep(500);
    const [left, right, leftUdp] = await Promise.all([
      loads.left.stop(),
      loads.right.stop(),
      loads.leftUdp.stop(),
    ]);
    t.comment(
      `no answer for ${longestGapMs(left)} ms (TCP, outside), ${longestGapMs(right)} ms (TCP, host), ` +
        `${longestGapMs(leftUdp)} ms (UDP, pods)`,
    );
    t.ok(longestGapMs(left) < 8000, 'not for long');
    const failures = new Set(left.filter(({ ok }) => !ok).map(({ errorCode }) => errorCode ?? ''));
    t.ok(failures.size > 0, 'the clients noticed');
    t.ok(
      [...failures].every((code) => /^(ECONNREFUSED|ECONNRESET|EOF)$/.test(code)),
      `they were told at once, not left waiting: ${[...failures].join(', ')}`,
    );
    t.same(answersNotBy(/^left[12]$/, left), [], 'no answer from another Service');
    t.same(answersNotBy(/^right[12]$/, right), []);
    t.same(answersNotBy(/^left[12]:hello$/, leftUdp), []);
    t.equal(await stage.saved(), rules, 'the very same rules: every Service has its proxy port again');
    t.equal((await second.metric('kubeportal_rules_written_total')).get(''), 0, 'none was written');

    t.same(await second.end(), { code: 0, signal: null });
    const third = await stage.serve(['--cleanup-on-exit']);
    t.same(await third.end(), { code: 0, signal: null });
    t.notMatch(await stage.saved(), /^(-A|:KUBE)/m, 'with --cleanup-on-exit nothing is left behind');
    t.notMatch(await stage.saved('IPv6'), /^(-A|:KUBE)/m);
  });
}

function answersNotBy(wanted: RegExp, records: readonly LoadRecord[]): readonly string[] {
  return records.filter(({ ok, reply }) => ok && !wanted.test(reply)).map(({ reply }) => reply);
}

async function flowGoesOn(t: Test, flow: Conversation): Promise<void> {
  const isServed = async () => /^right\d:again$/.test(await flow.exchange('again'));
  t.comment(`a UDP flow goes on ${await eventually('the UDP flow goes on', isServed)} ms after the restart`);
}

t.test('Services change while the program is down', { buffered: true }, async (t) => {
  const stage = await setUp(t, {}, ['left', 'right']);
  // So small a range that a new Service would take a port of one that is gone.
  const range = '--proxy-port-range=39000-39007';
  const first = await stage.serve([range]);
  const before = proxyPorts(await stage.saved());
  t.equal(before.size, 4);
  await first.end('SIGKILL');
  await writeServices(stage, ['right', 'late']);
  const gone = startLoad(() => stage.outside.tcpRequest(ips.left, 80, { timeoutMs: 300 }), { restMs: 0 });
  await stage.serve([range]);
  const after = proxyPorts(await stage.saved());
  for (const [portal, port] of before) {
    if (portal.startsWith(ips.right)) t.equal(after.get(portal), port, `${portal} has its port again`);
    else t.notOk(after.has(portal), `${portal} is gone`);
  }
  t.same(
    (await gone.stop()).filter(({ ok }) => ok),
    [],
    'no client of the Service that is gone was answered by another one',
  );
  t.match(await stage.outside.tcpRequest(ips.late, 80), { reply: 'late1' });
  t.match(await stage.outside.tcpRequest(ips.right, 80), { reply: 'right1' });
});

for (const dataPlane of dataPlanes) {
  t.test(`SIGTERM (${dataPlane})`, { buffered: true }, async (t) => {
    const stage = await setUp(t, { dataPlane, addressless: false }, ['left']);

    await t.test('no more clients, the open ones may end, the rules stay', async (t) => {
      const program = await stage.serve(['--shutdown-grace-period=20s']);
      const rules = await stage.saved();
      const stream = await stage.outside.tcpOpen(ips.left, 80);
      program.kill('SIGTERM');
      const startMs = performance.now();
      await program.logged(/stopping/);
      const isRefused = async () =>
        (await stage.outside.tcpRequest(ips.left, 80)).errorCode === 'ECONNREFUSED';
      t.comment(`listeners are closed after ${await eventually('new clients are refused', isRefused)} ms`);
      t.equal(await stream.exchange('still'), 'still', 'the open stream works');
      t.equal(await stream.finish('end'), 'end', 'and ends in order');
      t.same(await program.exited, { code: 0, signal: null });
      const elapsedMs = performance.now() - startMs;
      t.ok(elapsedMs < 10_000, `it exits when the last stream has ended, not at the end of the grace period`);
      t.equal(await stage.saved(), rules);
    });

    await t.test('a stream that does not end is cut when the grace period is over', async (t) => {
      const program = await stage.serve(['--shutdown-grace-period=1500ms', '--cleanup-on-exit']);
      const stream = await stage.outside.tcpOpen(ips.left, 80);
      program.kill('SIGTERM');
      const startMs = performance.now();
      await sleep(500);
      t.equal(await stream.exchange('still'), 'still');
      t.same(await program.exited, { code: 0, signal: null });
      const elapsedMs = Math.round(performance.now() - startMs);
      t.ok(elapsedMs >= 1400 && elapsedMs < 6000, `exit after ${elapsedMs} ms`);
      await t.rejects(
        stream.exchange('more'),
        { code: /^(ECONNRESET|EPIPE)$/ },
        'by a reset, not by a clean end',
      );
      t.notMatch(await stage.saved(), /KUBE-PORTALS/, 'with --cleanup-on-exit the rules are gone');
    });

    await t.test('a second SIGTERM stops at once', async (t) => {
      const program = await stage.serve(['--shutdown-grace-period=60s']);
      const stream = await stage.outside.tcpOpen(ips.left, 80);
      program.kill('SIGTERM');
      await program.logged(/stopping/);
      const startMs = performance.now();
      program.kill('SIGTERM');
      t.same(await program.exited, { code: 0, signal: null });
      t.ok(performance.now() - startMs < 3000);
      await t.rejects(stream.exchange('more'));
    });
  });
}
