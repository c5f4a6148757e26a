// dataplane/sctp-terminate/data-plane-program.ts: tests of the data plane that terminates associations, on real raw sockets,
// to be run inside a namespace by data-plane.test.ts.
import t, { type Test } from 'tap';
import type { SctpListenerCounters } from '../../../lib/dataplane/sctp/data-plane.js';
import { connectSctp, type SctpClient } from '../../../lib/dataplane/sctp-peer/connect.js';
import { echoServer } from '../../../lib/dataplane/sctp-peer/echo-server.js';
import { probeSctp } from '../../../lib/dataplane/sctp-peer/probe.js';
import {
  createTerminatingSctpPlane,
  type TerminatingSctpOptions,
  type TerminatingSctpPlane,
} from '../../../lib/dataplane/sctp-terminate/data-plane.js';
import type { IpFamily } from '../../../lib/model/ip.js';
import { ListenError, type Listener, type ListenerSpec } from '../../../lib/proxier/data-plane.js';
import { type Log, silentLog } from '../../../lib/proxier/log.js';
import { anyChunk, mutate } from '../../fuzz/mutate.js';
import { Random } from '../../fuzz/random.js';
import { eventually, sleep } from '../../support/eventually.js';
import { init, sctp } from '../../support/sctp-packets.js';
import { RawClient, RawPeer } from '../../support/sctp-raw-peer.js';
import { configOf } from '../conformance/plane.js';

const pods = [
  { ip: '127.0.0.2', port: 7 },
  { ip: '127.0.0.3', port: 7 },
];
const seed = 20_252;

function specOf(name = 'echo', ipFamily: IpFamily = 'IPv4'): ListenerSpec {
  return {
    key: `default/${name}/SCTP/${ipFamily}`,
    servicePortName: { namespace: 'default', name, port: '', protocol: 'SCTP' },
    ipFamily,
    scope: 'Cluster',
  };
}

function makePlane(t: Test, options: Partial<TerminatingSctpOptions> = {}): TerminatingSctpPlane {
  const plane = createTerminatingSctpPlane({ endpointSetAsideMs: 5000, ...options });
  t.teardown(() => plane.close(0));
  return plane;
}

function serve(t: Test, ...served: readonly (typeof pods)[number][]): void {
  for (const { ip, port } of served) {
    const server = echoServer({
      address: ip,
      port,
      answer: ({ payload }) => Buffer.concat([Buffer.from(`${ip} `), payload]),
    });
    t.teardown(() => server.close());
  }
}

/** As soon as the port is served: a new child needs a moment. */
async function connect(t: Test, { port }: Listener): Promise<SctpClient> {
  await eventually(
    'the port is served',
    async () => (await probeSctp('127.0.0.1', port, 1000)) === 'answers',
  );
  const client = await connectSctp({ address: '127.0.0.9', to: { ip: '127.0.0.1', port } });
  t.teardown(() => client.close());
  return client;
}

/** Who answered; undefined: nobody. */
async function ask({ association }: SctpClient, payload: string, stream = 0): Promise<string | undefined> {
  await association.send(Buffer.from(payload), { stream, ppid: 60 });
  const answer = await association.receive(10_000);
  if (answer === undefined || answer.stream !== stream || answer.ppid !== 60) return undefined;
  const [ip = '', back] = answer.payload.toString().split(' ');
  return back === payload ? ip : undefined;
}

/** A ListenError with this reason. */
const refused = (reason: ListenError['reason']) =>
  Object.assign(new ListenError(reason, ''), { message: /open/ });
const countersOf = (listener: Listener): SctpListenerCounters => listener.counters() as SctpListenerCounters;

t.test('messages go through, to the endpoints in turn, and ends are passed on', async (t) => {
  serve(t, ...pods);
  const plane = makePlane(t);
  const listener = await plane.open(specOf(), configOf(pods), 0);
  t.equal(listener.port, 10_000);
  const one = await connect(t, listener);
  const two = await connect(t, listener);
  t.equal(await ask(one, 'hello', 3), '127.0.0.2');
  t.equal(await ask(two, 'x'.repeat(40_000), 1), '127.0.0.3');
  await eventually('it is counted', () => countersOf(listener).txPackets === 2);
  t.match(countersOf(listener), { opened: 2, open: 2, rxPackets: 2, rxBytes: 40_005, failed: {} });
  t.match(plane.sctpTotals(), { open: 2, flows: 2, halfOpen: 0 });
  t.same([...listener.counters().picks.values()], [1, 1]);
  await one.close();
  t.equal(await one.association.ended, 'shutdown');
  two.association.abort();
  await eventually('both have ended', () => listener.counters().open === 0);
  t.same(listener.counters().failed, { 'client-reset': 1 });
});

t.test('the next endpoint where one is not there; nobody is served where none is', async (t) => {
  const [, good] = pods;
  if (good === undefined) throw new Error('there are two');
  serve(t, good);
  const plane = makePlane(t, { tryTimeoutMs: 300 });
  const listener = await plane.open(specOf(), configOf(pods), 0);
  const one = await connect(t, listener);
  t.equal(await ask(one, 'hello'), '127.0.0.3');
  listener.update(configOf(pods.slice(0, 1)));
  const two = await connect(t, listener);
  t.equal(await two.association.ended, 'aborted-by-peer');
  await eventually('it is counted', () => listener.counters().failed.dial === 1);
  listener.update(configOf([]));
  const to = { ip: '127.0.0.1', port: listener.port };
  await t.rejects(connectSctp({ address: '127.0.0.9', to }), { code: 'ECONNREFUSED' }, 'at zero endpoints');
  await eventually('it is counted', () => listener.counters().failed['no-endpoints'] === 1);
  await listener.close();
  t.equal(await ask(one, 'still-here'), '127.0.0.3', 'associations outlive their listener');
});

t.test('a client keeps its endpoint, and loses it when that leaves and is drained', async (t) => {
  serve(t, ...pods);
  const plane = makePlane(t);
  const parts = { affinityTimeoutMs: 60_000, drain: { kind: 'reset', afterMs: 0 } } as const;
  const listener = await plane.open(specOf(), configOf(pods, [], parts), 0);
  const [one, two] = [await connect(t, listener), await connect(t, listener)];
  t.same([await ask(one, 'hello'), await ask(two, 'hello')], ['127.0.0.2', '127.0.0.2']);
  listener.update(configOf(pods.slice(1), [], { ...parts, resting: pods.slice(0, 1) }));
  t.equal(await ask(one, 'it-only-rests'), '127.0.0.2');
  const three = await connect(t, listener);
  t.equal(await ask(three, 'hello'), '127.0.0.3');
  listener.update(configOf(pods.slice(1), [], parts));
  t.same([await one.association.ended, await two.association.ended], ['aborted-by-peer', 'aborted-by-peer']);
  await eventually('it is counted', () => listener.counters().failed.drained === 2);
  t.equal(await ask(three, 'still-here'), '127.0.0.3');
});

t.test('strangers’ packets do not end the child, nor make it hang', async (t) => {
  serve(t, ...pods);
  const plane = makePlane(t, { hangTimeoutMs: 3000 });
  const listener = await plane.open(specOf(), configOf(pods), 0);
  const client = await connect(t, listener);
  t.ok(await ask(client, 'before'));
  const peer = new RawPeer('127.0.0.10');
  t.teardown(() => peer.close());
  const send = (port: number, tag: number, bytes: Buffer): void =>
    peer.send('127.0.0.1', sctp(port, listener.port, tag, [bytes]));
  send(1000, 0, init(1, [Buffer.of(0xc0, 0x0c, 0, 0)]));
  send(1001, 0, init(2, [Buffer.of(0, 5, 0, 5, 1, 0, 0, 0)]));
  t.ok(await ask(client, 'after a parameter of length 0, and an address of one byte'.replaceAll(' ', '-')));

  const insider = new RawClient(peer, 5000, { ip: '127.0.0.1', port: listener.port });
  await insider.connect();
  const random = new Random(seed);
  for (let packet = 0; packet < 2000; packet++) {
    const port = random.chance(0.5) ? 5000 : 5001 + random.below(50);
    const tag = port === 5000 ? insider.endpointTag : random.pick([0, 0, random.below(2 ** 32)]);
    const chunks = Array.from({ length: 1 + random.below(3) }, () => anyChunk(random, random.below(2 ** 32)));
    send(port, tag, mutate(random, Buffer.concat(chunks)));
    if (packet % 20 === 0) await sleep(1);
  }
  t.ok(await ask(client, 'after'), `after 2,000 mutated packets, seed ${seed}`);
  t.equal(plane.restarts(), 0);
});

t.test('a child that is killed or hangs is started again, and serves the same ports', async (t) => {
  serve(t, ...pods);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_: object, message = '') => void warnings.push(String(message)) };
  const plane = makePlane(t, { log, hangTimeoutMs: 1500 });
  const listener = await plane.open(specOf(), configOf(pods), 11_111);
  const before = await connect(t, listener);
  t.ok(await ask(before, 'before'));
  await eventually('it is counted', () => listener.counters().opened === 1);
  const first = plane.childPid() ?? 0;
  process.kill(first, 'SIGKILL');
  await eventually('there is another child', () => ![undefined, first].includes(plane.childPid()));
  await before.association.send(Buffer.from('to nobody')).catch(() => {});
  t.equal(
    await before.association.ended,
    'aborted-by-peer',
    'the new child knows nothing of it, and says so',
  );
  const after = await connect(t, listener);
  t.ok(await ask(after, 'after'));
  t.equal(plane.restarts(), 1);
  await eventually('counters go on where they were', () => listener.counters().opened === 2);
  t.equal(listener.counters().open, 1);

  const second = plane.childPid() ?? 0;
  process.kill(second, 'SIGSTOP');
  await eventually('it was killed', () => plane.restarts() === 2, 15_000);
  await eventually('there is another child', () => ![undefined, second].includes(plane.childPid()));
  const again = await connect(t, listener);
  t.ok(await ask(again, 'again'));
  t.match(warnings.join('\n'), /has ended.*\n.*hangs: killed\n.*has ended/);
});

t.test('nobody waits for ever for a child that does not come up', async (t) => {
  const plane = makePlane(t, { hangTimeoutMs: 1500, restartDelayMs: 10_000 });
  // Without a child nothing else keeps this process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  await plane.open(specOf(), configOf([]), 0);
  const pid = plane.childPid();
  if (pid === undefined) throw new Error('there is a child');
  process.kill(pid, 'SIGKILL');
  await eventually('it is gone', () => plane.restarts() === 1);
  await t.rejects(plane.open(specOf('other'), configOf([]), 10_123), refused('other'));
  await t.rejects(
    plane.open(specOf('other'), configOf([]), 10_123),
    refused('other'),
    'its port is free again',
  );
});

t.test('what it can’t be asked for', async (t) => {
  const plane = makePlane(t);
  await t.rejects(plane.open(specOf('six', 'IPv6'), configOf([]), 0), refused('not-supported'));
  await t.rejects(plane.open({ ...specOf(), claim: true }, configOf([]), 30_007), refused('not-supported'));
  t.equal(plane.childPid(), undefined, 'nothing was started');
  await plane.open(specOf(), configOf([]), 0);
  await t.rejects(plane.open(specOf(), configOf([]), 0), ListenError, 'open already');
  await t.rejects(plane.open(specOf('other'), configOf([]), 10_000), refused('port-in-use'));
  await plane.close(0);
  await t.rejects(plane.open(specOf(), configOf([]), 0), ListenError);
});

t.test('close() lets associations end for as long as it was told', async (t) => {
  serve(t, ...pods);
  const plane = makePlane(t);
  const listener = await plane.open(specOf(), configOf(pods), 0);
  const client = await connect(t, listener);
  t.ok(await ask(client, 'there'));
  const closing = plane.close(20_000);
  t.ok(await ask(client, 'still-here'));
  await client.close();
  await closing;
  t.equal(await client.association.ended, 'shutdown');
});

t.test('the log tells the packets of an association, one line each', async (t) => {
  serve(t, ...pods);
  const told: string[] = [];
  const trace = (fields: object, message = ''): void => {
    const { chunks } = fields as { readonly chunks?: string };
    told.push(`${String(message).split(' ').at(-1)} ${chunks?.replaceAll(/=\w+/g, '').split(' ')[0]}`);
  };
  const plane = makePlane(t, { log: { ...silentLog, trace }, trace: true });
  const listener = await plane.open(specOf(), configOf(pods.slice(0, 1)), 0);
  const client = await connect(t, listener);
  t.ok(await ask(client, 'hello'));
  await client.close();
  await eventually('the end is told', () => told.some((line) => line.includes('SHUTDOWN')));
  const walk = /from INIT.*to INIT.*from COOKIE.*to COOKIE.*from DATA.*to DATA.*from SHUTDOWN/;
  t.match(told.join(','), walk);
});
