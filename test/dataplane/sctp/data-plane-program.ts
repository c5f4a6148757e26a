// dataplane/sctp/data-plane-program.ts: tests of the SCTP data plane, to be run inside a namespace by data-plane.test.ts.
import { execFileSync } from 'node:child_process';
import t, { type Test } from 'tap';
import {
  createSctpDataPlane,
  type SctpDataPlane,
  type SctpDataPlaneOptions,
  type SctpListenerCounters,
} from '../../../lib/dataplane/sctp/data-plane.js';
import type { IpFamily } from '../../../lib/model/ip.js';
import { ListenError, type Listener, type ListenerSpec } from '../../../lib/proxier/data-plane.js';
import { eventually } from '../../support/eventually.js';
import { chunk, data, parameter, types } from '../../support/sctp-packets.js';
import { RawClient, RawPeer, RawServer } from '../../support/sctp-raw-peer.js';
import { configOf } from '../conformance/plane.js';
import { breakThread, openDescriptors } from './lost-thread.js';

const families = [
  { ipFamily: 'IPv4', node: '127.0.0.1', pods: ['127.0.0.2', '127.0.0.3'], client: '127.0.0.9' },
  { ipFamily: 'IPv6', node: 'fd00::1', pods: ['fd00::2', 'fd00::3'], client: '::1' },
] as const;

function specOf(ipFamily: IpFamily, name = 'echo'): ListenerSpec {
  return {
    key: `default/${name}/SCTP/${ipFamily}`,
    servicePortName: { namespace: 'default', name, port: '', protocol: 'SCTP' },
    ipFamily,
    scope: 'Cluster',
  };
}

function makePlane(t: Test, options: Partial<SctpDataPlaneOptions> = {}): SctpDataPlane {
  const plane = createSctpDataPlane({ endpointSetAsideMs: 5000, checkDescriptors: true, ...options });
  t.teardown(() => plane.close(0));
  return plane;
}
/** A ListenError with this reason. */
const refused = (reason: ListenError['reason']) =>
  Object.assign(new ListenError(reason, ''), { message: /open/ });

const countersOf = (listener: Listener): SctpListenerCounters => listener.counters() as SctpListenerCounters;

for (const { ipFamily, node, pods, client } of families) {
  t.test(`${ipFamily}: an association through the relay, from the handshake to the end`, async (t) => {
    const plane = makePlane(t);
    const servers = pods.map((ip, index) => new RawServer(ip, 7, `pod${index}`));
    const peer = new RawPeer(client);
    t.teardown(() => {
      for (const server of servers) server.close();
      peer.close();
    });
    const endpoints = pods.map((ip) => ({ ip, port: 7 }));
    const listener = await plane.open(specOf(ipFamily), configOf(endpoints), 0);
    t.equal(listener.port, 10_000);

    const one = new RawClient(peer, 4001, { ip: node, port: listener.port });
    const two = new RawClient(peer, 4002, { ip: node, port: listener.port });
    t.equal(await one.connect([parameter(5, Buffer.of(192, 0, 2, 7))]), 'pod0');
    t.equal(await two.connect(), 'pod1');
    t.same(await one.exchange([Buffer.from('hello')]), [Buffer.from('hello')]);
    const big = Buffer.alloc(60_000, 'x');
    t.same(await two.exchange([big]), [big], 'loopback takes packets of up to 64 KB');
    t.match(countersOf(listener), { opened: 2, open: 2, rxBytes: 60_005, txBytes: 60_005 });
    t.equal(listener.counters().picks.size, 2);
    t.equal(listener.counters().dialSeconds.count, 2);

    one.send([chunk(types.shutdown, Buffer.alloc(4))]);
    t.equal((await one.receive())?.chunks[0]?.type, types.shutdownAck);
    one.send([chunk(types.shutdownComplete)]);
    await eventually('the end was noticed', () => listener.counters().open === 1);

    const stranger = new RawClient(peer, 4003, { ip: node, port: listener.port });
    stranger.send([data('who are you?')], 77);
    t.match(await stranger.receive(), { tag: 77, chunks: [{ type: types.abort, flags: 1 }] });
    t.match(plane.sctpTotals(), { open: 1, outOfTheBlue: 1, badChecksum: 0, malformed: 0 });

    const seen = servers[1]?.seen ?? [];
    await plane.close(0);
    t.match(await two.receive(), { tag: two.tag, chunks: [{ type: types.abort, flags: 0 }] });
    await eventually('the endpoint was told', () =>
      seen.some(({ chunks }) => chunks[0]?.type === types.abort),
    );
  });

  t.test(`${ipFamily}: the next endpoint where one is silent or refuses`, async (t) => {
    const plane = makePlane(t, { tryTimeoutMs: 300 });
    const [silent = '', good = ''] = pods;
    const dead = new RawServer(silent, 7, 'dead');
    dead.isUp = false;
    const server = new RawServer(good, 7, 'good');
    const peer = new RawPeer(client);
    t.teardown(() => {
      dead.close();
      server.close();
      peer.close();
    });
    const endpoints = [silent, good].map((ip) => ({ ip, port: 7 }));
    const listener = await plane.open(specOf(ipFamily), configOf(endpoints), 11_111);
    const one = new RawClient(peer, 4101, { ip: node, port: 11_111 });
    t.equal(await one.connect(), 'good');
    listener.update(
      configOf([{ ip: ipFamily === 'IPv4' ? '203.0.113.1' : '2001:db8::1', port: 7 }, ...endpoints.slice(1)]),
    );
    const two = new RawClient(peer, 4102, { ip: node, port: 11_111 });
    t.equal(await two.connect(), 'good', 'there is no route to the other one');
    listener.update(configOf([]));
    const three = new RawClient(peer, 4103, { ip: node, port: 11_111 });
    three.send([chunk(types.init, Buffer.from('0000000500010000000a000a00000001', 'hex'))], 0);
    t.match(await three.receive(), { tag: 5, chunks: [{ type: types.abort }] });
    t.same(listener.counters().failed, { 'no-endpoints': 1 });
  });

  t.test(
    `${ipFamily}: packets that are too big for the way are cut, and fragmented where they can't be`,
    async (t) => {
      const plane = makePlane(t);
      const [pod = ''] = pods;
      const server = new RawServer(pod, 7, 'pod');
      const peer = new RawPeer(client);
      t.teardown(() => {
        server.close();
        peer.close();
        execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '65536']);
      });
      const listener = await plane.open(specOf(ipFamily), configOf([{ ip: pod, port: 7 }]), 0);
      const one = new RawClient(peer, 4201, { ip: node, port: listener.port });
      t.equal(await one.connect(), 'pod');
      execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '1500']);
      const messages = Array.from({ length: 10 }, (_, index) => Buffer.alloc(800, index));
      t.same(await one.exchange(messages), messages);
      t.ok(plane.sctpTotals().cut > 0);
      t.ok(
        server.seen.every(({ chunks }) => chunks.length <= 2),
        'as packets of their own',
      );
      const big = Buffer.alloc(5000, 'b');
      t.same(await one.exchange([big]), [big]);
      t.ok(plane.sctpTotals().fragmented > 0);
      t.equal(plane.sctpTotals().sendFailed, 0);
    },
  );
}

t.test('a port is given once, a relay port never, nor one of the kernel’s', async (t) => {
  const plane = makePlane(t, { kernelPorts: () => new Set([10_000, 5000]) });
  const first = await plane.open(specOf('IPv4'), configOf([]), 0);
  t.equal(first.port, 10_001);
  for (const port of [10_001, 20_000, 29_999, 5000]) {
    await t.rejects(
      plane.open(specOf('IPv4', 'other'), configOf([]), port),
      refused('port-in-use'),
      `${port}`,
    );
  }
  await t.rejects(plane.open(specOf('IPv4'), configOf([]), 0), refused('other'), 'open already');
  const six = await plane.open(specOf('IPv6'), configOf([]), 10_001);
  t.equal(six.port, 10_001, 'the other family has ports of its own');
  await first.close();
  await first.close();
  const again = await plane.open(specOf('IPv4', 'other'), configOf([]), 10_001);
  t.equal(again.port, 10_001);
});

t.test('nothing holds a port of SCTP', async (t) => {
  const plane = makePlane(t);
  const claim = { ...specOf('IPv4'), claim: true };
  await t.rejects(plane.open(claim, configOf([]), 30_007), refused('not-supported'));
});

t.test('a client keeps its endpoint, and loses it when that leaves and is drained', async (t) => {
  const plane = makePlane(t);
  const servers = ['127.0.0.2', '127.0.0.3'].map((ip, index) => new RawServer(ip, 7, `pod${index}`));
  const peers = ['127.0.0.9', '127.0.0.10'].map((ip) => new RawPeer(ip));
  t.teardown(() => {
    for (const end of [...servers, ...peers]) end.close();
  });
  const endpoints = ['127.0.0.2', '127.0.0.3'].map((ip) => ({ ip, port: 7 }));
  const parts = { affinityTimeoutMs: 60_000, drain: { kind: 'reset', afterMs: 300 } } as const;
  const listener = await plane.open(specOf('IPv4'), configOf(endpoints, [], parts), 0);
  let port = 4500;
  const clientOf = (peer: RawPeer | undefined): RawClient => {
    if (peer === undefined) throw new Error('there are two');
    return new RawClient(peer, port++, { ip: '127.0.0.1', port: listener.port });
  };
  const [first, again, other] = [clientOf(peers[0]), clientOf(peers[0]), clientOf(peers[1])];
  t.same([await first.connect(), await again.connect(), await other.connect()], ['pod0', 'pod0', 'pod1']);
  listener.update(configOf(endpoints.slice(1), [], { ...parts, resting: endpoints.slice(0, 1) }));
  t.equal(await clientOf(peers[0]).connect(), 'pod1', 'it only rests, but nobody new gets it');
  const [hello] = [[Buffer.from('hello')]];
  t.same(await first.exchange(hello), hello);
  listener.update(configOf(endpoints.slice(1), [], parts));
  t.same(await again.exchange(hello), hello, 'it has 300 ms');
  await eventually('both are over', () => listener.counters().open === 2);
  t.same(listener.counters().failed, { drained: 2 });
  t.match(await first.receive(), { tag: first.tag, chunks: [{ type: types.abort }] });
  t.match(await again.receive(), { tag: again.tag, chunks: [{ type: types.abort }] });
  await eventually(
    'the endpoint was told',
    () => servers[0]?.seen.filter(({ chunks }) => chunks[0]?.type === types.abort).length === 2,
  );
  t.same(await other.exchange(hello), hello);
});

t.test('a namespace has one relay', async (t) => {
  const plane = makePlane(t);
  await plane.open(specOf('IPv4'), configOf([]), 0);
  const other = makePlane(t);
  await t.rejects(other.open(specOf('IPv4'), configOf([]), 0), ListenError);
  await plane.close(0);
  await t.resolves(other.open(specOf('IPv4'), configOf([]), 0));
});

t.test('close() lets associations end by themselves for as long as it was told', async (t) => {
  const plane = makePlane(t);
  const server = new RawServer('127.0.0.2', 7, 'pod');
  const peer = new RawPeer('127.0.0.9');
  t.teardown(() => {
    server.close();
    peer.close();
  });
  const listener = await plane.open(specOf('IPv4'), configOf([{ ip: '127.0.0.2', port: 7 }]), 0);
  const one = new RawClient(peer, 4301, { ip: '127.0.0.1', port: listener.port });
  t.equal(await one.connect(), 'pod');
  let isClosed = false;
  const closing = plane.close(30_000).then(() => {
    isClosed = true;
  });
  t.same(await one.exchange([Buffer.from('still here')]), [Buffer.from('still here')]);
  t.equal(isClosed, false);
  one.send([chunk(types.abort)]);
  await closing;
  t.match(listener.counters(), { opened: 1, open: 0, failed: { 'client-reset': 1 } });
  await t.rejects(plane.open(specOf('IPv4'), configOf([]), 0), refused('other'));
});

t.test('a listener that is closing when all is closed is answered', async (t) => {
  for (let round = 0; round < 20; round++) {
    const plane = makePlane(t);
    const listener = await plane.open(specOf('IPv4'), configOf([]), 0);
    await Promise.all([listener.close(), plane.close(0)]);
  }
});

t.test('when the relay’s thread is lost nobody waits for it', async (t) => {
  const died: unknown[] = [];
  const before = openDescriptors();
  const plane = makePlane(t, { died: (error) => died.push(error) });
  const one = await plane.open(specOf('IPv4'), configOf([]), 0);
  const two = await plane.open(specOf('IPv4', 'other'), configOf([]), 0);
  breakThread(before);
  // Closing wakes the thread, which fails at its next turn, whether it has answered before or not.
  await one.close();
  await eventually('it is missed', () => died.length === 1);
  two.update(configOf([{ ip: '127.0.0.2', port: 7 }]));
  t.equal(two.counters().open, 0);
  await two.close();
  await plane.close(10_000);
  t.equal(died.length, 1);
});

t.test('a flood of INITs leaves a live association alone, and others get in while it lasts', async (t) => {
  const plane = makePlane(t, { maxHalfOpen: 200 });
  const server = new RawServer('127.0.0.2', 7, 'pod');
  const peer = new RawPeer('127.0.0.9');
  const flooder = new RawPeer('127.0.0.10');
  t.teardown(() => {
    server.close();
    peer.close();
    flooder.close();
  });
  const endpoints = [{ ip: '127.0.0.2', port: 7 }];
  const listener = await plane.open(specOf('IPv4'), configOf(endpoints), 0);
  const to = { ip: '127.0.0.1', port: listener.port };
  const live = new RawClient(peer, 4401, to);
  t.equal(await live.connect(), 'pod');
  const init = chunk(types.init, Buffer.from('0000000500010000000a000a00000001', 'hex'));
  for (let port = 1; port <= 2000; port++) new RawClient(flooder, port, to).send([init], 0);
  // A flood may push a packet out of the kernel's queue, and these peers send nothing twice.
  const alive = [Buffer.from('alive')];
  let back: readonly Buffer[] = [];
  for (let tries = 0; tries < 5 && back.length === 0; tries++) back = await live.exchange(alive);
  t.same(back, alive);
  t.equal(await new RawClient(peer, 4402, to).connect([], 10_000), 'pod');
  t.ok(plane.sctpTotals().halfOpen <= 200);
  t.ok(plane.sctpTotals().refusedOverload > 0);
});
