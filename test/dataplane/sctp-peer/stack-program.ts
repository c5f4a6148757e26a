// dataplane/sctp-peer/stack-program.ts: tests of our SCTP peers on real raw sockets, to be run inside a namespace by
// stack.test.ts.
import { execFileSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { createSctpDataPlane } from '../../../lib/dataplane/sctp/data-plane.js';
import { connectSctp, type SctpClient } from '../../../lib/dataplane/sctp-peer/connect.js';
import { type EchoServerOptions, echoServer } from '../../../lib/dataplane/sctp-peer/echo-server.js';
import { packetText } from '../../../lib/dataplane/sctp-peer/packet-text.js';
import { probeSctp } from '../../../lib/dataplane/sctp-peer/probe.js';
import { SctpStack } from '../../../lib/dataplane/sctp-peer/stack.js';
import { anyChunk, mutate } from '../../fuzz/mutate.js';
import { Random } from '../../fuzz/random.js';
import { sleep } from '../../support/eventually.js';
import { chunk, data, init, parameter, sctp, types } from '../../support/sctp-packets.js';
import { RawClient, RawPeer } from '../../support/sctp-raw-peer.js';
import { configOf } from '../conformance/plane.js';

const pod = { ip: '127.0.0.2', port: 7 };
const seed = 20_251;

function serve(t: Test, options: Partial<EchoServerOptions> = {}): void {
  const server = echoServer({ address: pod.ip, port: pod.port, ...options });
  t.teardown(() => server.close());
}

async function connect(t: Test, to = pod): Promise<SctpClient> {
  const client = await connectSctp({ address: '127.0.0.9', to });
  t.teardown(() => client.close());
  return client;
}

async function exchange({ association }: SctpClient, size: number, stream: number): Promise<boolean> {
  const payload = Buffer.alloc(size, size % 251);
  await association.send(payload, { stream, ppid: size });
  const back = await association.receive(10_000);
  return back !== undefined && back.stream === stream && back.ppid === size && back.payload.equals(payload);
}

t.test('messages of 1 B to 500 KB come back whole, on their stream and with their protocol', async (t) => {
  serve(t);
  const client = await connect(t);
  const { association } = client;
  for (const size of [1, 3, 1448, 1449, 20_000, 150_000, 500_000])
    t.ok(await exchange(client, size, size % 8), `${size} bytes`);
  t.ok(association.largestMessage >= 500_000);
  await t.rejects(association.send(Buffer.alloc(association.largestMessage + 1)), { code: 'EMSGSIZE' });
  t.throws(() => association.send(Buffer.of(1), { stream: association.streams }), RangeError);
  t.throws(() => association.send(Buffer.alloc(0)), RangeError);
  await client.close();
  t.equal(await association.ended, 'shutdown', 'it ended gracefully');
  await t.rejects(association.send(Buffer.of(1)), { code: 'ECONNRESET' });
  t.equal(await association.receive(), undefined);
});

t.test('what is written at once on several streams arrives, in order on each', async (t) => {
  serve(t);
  const { association } = await connect(t);
  const count = 400;
  const sent = Promise.all(
    Array.from({ length: count }, (_, index) =>
      association.send(Buffer.alloc(600, index), { stream: index % 8, ppid: index }),
    ),
  );
  const seen: number[][] = Array.from({ length: 8 }, () => []);
  for (let received = 0; received < count; received++) {
    const message = await association.receive(10_000);
    if (message === undefined) break;
    seen[message.stream]?.push(message.ppid);
  }
  await sent;
  const expected = seen.map((_, stream) => Array.from({ length: count / 8 }, (_, at) => at * 8 + stream));
  t.same(seen, expected);
});

t.test('a handshake has an end: refused, or silent for as long as it was told', async (t) => {
  const deaf = new RawPeer('127.0.0.3');
  t.teardown(() => deaf.close());
  const startedMs = performance.now();
  const silent = connectSctp({ address: '127.0.0.9', to: { ip: '127.0.0.3', port: 9 }, timeoutMs: 400 });
  await t.rejects(silent, { code: 'ETIMEDOUT' });
  t.ok(performance.now() - startedMs < 5000);
  // Nobody has a raw socket there: the kernel says that it does not know the protocol.
  const nobody = connectSctp({ address: '127.0.0.9', to: { ip: '127.0.0.4', port: 9 } });
  await t.rejects(nobody, { code: 'ECONNREFUSED' });
});

t.test('a peer that starts anew on the same port is served anew', async (t) => {
  serve(t);
  const localPorts = { first: 50_000, last: 50_000 };
  const first = new SctpStack({ address: '127.0.0.9', localPorts });
  const one = await first.connect(pod);
  await one.send(Buffer.from('one'));
  t.equal((await one.receive(5000))?.payload.toString(), 'one');
  // As after a crash: not a word to the other side.
  one.finish('failed');
  await first.close();
  const second = new SctpStack({ address: '127.0.0.9', localPorts });
  t.teardown(() => second.close());
  const two = await second.connect(pod);
  await two.send(Buffer.from('two'));
  t.equal((await two.receive(5000))?.payload.toString(), 'two');
});

t.test('an association that a server knows nothing of is ended by it', async (t) => {
  const server = echoServer({ address: pod.ip, port: pod.port });
  const client = await connect(t);
  t.ok(await exchange(client, 10, 0));
  await server.close();
  t.equal(await client.association.ended, 'aborted-by-peer');
  serve(t);
  const peer = new RawPeer('127.0.0.10');
  t.teardown(() => peer.close());
  const stranger = new RawClient(peer, 4000, pod);
  stranger.send([data('who are you?')], 77);
  t.match(await stranger.receive(), { tag: 77, chunks: [{ type: types.abort, flags: 1 }] });
  stranger.send([chunk(types.shutdownAck)], 78);
  t.match(await stranger.receive(), { tag: 78, chunks: [{ type: types.shutdownComplete, flags: 1 }] });
});

t.test('a probe tells what an address does, and leaves nothing behind', async (t) => {
  const seen: string[] = [];
  serve(t, {
    trace: (direction, _, packet) => seen.push(`${direction} ${packetText(packet).split(' ')[0]}`),
  });
  const deaf = new RawPeer('127.0.0.3');
  t.teardown(() => deaf.close());
  t.equal(await probeSctp(pod.ip, pod.port, 3000), 'answers');
  t.equal(await probeSctp('127.0.0.3', 9, 300), 'silent');
  // On the same host the probe's own raw socket keeps the kernel from saying so by itself.
  const rejects = ['-d', '127.0.0.4', '-p', 'sctp', '-j', 'REJECT'];
  execFileSync('iptables', ['-A', 'INPUT', ...rejects]);
  t.teardown(() => execFileSync('iptables', ['-D', 'INPUT', ...rejects]));
  t.equal(await probeSctp('127.0.0.4', 9, 3000), 'unreachable');
  t.equal(await probeSctp('203.0.113.1', 9, 3000), 'unreachable', 'there is no route');
  await t.rejects(probeSctp('fd00::1', 9, 300), RangeError);
  t.same(seen.slice(0, 3), ['in INIT', 'out INIT', 'in ABORT']);
});

t.test('a probe is told an ABORT', async (t) => {
  const plane = createSctpDataPlane({ endpointSetAsideMs: 0 });
  t.teardown(() => plane.close(0));
  const listener = await plane.open(spec('nobody'), configOf([]), 0);
  t.equal(await probeSctp('127.0.0.1', listener.port, 3000), 'refuses');
});

t.test('through the relay', async (t) => {
  serve(t);
  const plane = createSctpDataPlane({ endpointSetAsideMs: 0 });
  t.teardown(() => plane.close(0));
  const listener = await plane.open(spec('echo'), configOf([pod]), 0);
  const client = await connect(t, { ip: '127.0.0.1', port: listener.port });
  for (const size of [1, 5000, 200_000]) t.ok(await exchange(client, size, 3), `${size} bytes`);
  await client.close();
  t.equal(await client.association.ended, 'shutdown');
});

t.test('packets that stop node-sctp or end its process do nothing to it here', async (t) => {
  serve(t);
  const live = await connect(t);
  const peer = new RawPeer('127.0.0.10');
  t.teardown(() => peer.close());
  // Lengths that are not the rest's: a walk that never ends, an address of one byte, an error cause without a length.
  const hostile = [
    init(1, [Buffer.of(0xc0, 0x0c, 0, 0)]),
    init(2, [Buffer.of(0, 5, 0, 5, 1, 0, 0, 0)]),
    init(3, [parameter(0x8003, Buffer.of(250))]),
    chunk(types.abort, Buffer.of(0, 12, 0, 0)),
    chunk(types.heartbeat),
  ];
  for (const [port, bad] of hostile.entries()) peer.send(pod.ip, sctp(1000 + port, 7, 0, [bad]));
  t.ok(await exchange(live, 100, 1), 'after single packets');

  // And from a peer that has an association of its own, so that its packets get further.
  const insider = new RawClient(peer, 5000, pod);
  await insider.connect();
  const random = new Random(seed);
  let longestMs = 0;
  for (let packet = 0; packet < 3000; packet++) {
    const startedMs = performance.now();
    const port = random.chance(0.5) ? 5000 : 5001 + random.below(50);
    const tag = port === 5000 ? insider.endpointTag : random.pick([0, 0, random.below(2 ** 32)]);
    const chunks = Array.from({ length: 1 + random.below(3) }, () => anyChunk(random, random.below(2 ** 32)));
    peer.send(pod.ip, sctp(port, 7, tag, [mutate(random, Buffer.concat(chunks))]));
    if (packet % 10 === 0) await sleep(0);
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    if (packet % 300 === 0) await insider.connect([], 200);
  }
  t.ok(await exchange(live, 100, 2), `after 3,000 mutated ones, seed ${seed}`);
  t.ok(longestMs < 2000, `none took long: ${longestMs} ms`);
});

function spec(name: string) {
  return {
    key: name,
    servicePortName: { namespace: 'default', name, port: '', protocol: 'SCTP' },
    ipFamily: 'IPv4',
    scope: 'Cluster',
  } as const;
}
