// What leaves as one message, what does not, and what is done where the kernel takes no such message.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { DatagramBatch } from '../../../lib/dataplane/linux/datagram-batch.js';
import { batchSize, datagramRoom } from '../../../lib/dataplane/linux/datagram-headers.js';
import { OutgoingBatch, type Route, toPeer } from '../../../lib/dataplane/linux/outgoing-batch.js';
import { RouteSlab } from '../../../lib/dataplane/linux/route-slab.js';
import { SOL_SOCKET } from '../../../lib/dataplane/native/abi/constants.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { SO_NO_CHECK, UdpSockets } from './udp-sockets.js';

function filled(): OutgoingBatch {
  const data = new NativeMemory(batchSize * datagramRoom);
  for (let index = 0; index < batchSize; index++)
    data.bytes.fill(index + 1, index * datagramRoom, (index + 1) * datagramRoom);
  return new OutgoingBatch(data);
}

/**
 * What has arrived: the byte that each datagram is filled with, and its length. Loopback delivers at once, unless the kernel
 * has so much to do that it leaves that to a thread of its own.
 * @param count how many are waited for
 */
async function drain(fd: number, count: number): Promise<readonly string[]> {
  const memory = new NativeMemory(datagramRoom);
  const seen: string[] = [];
  const endMs = performance.now() + 2000;
  for (;;) {
    const length = sys.recv(fd, memory.address, datagramRoom, 0);
    if (length < 0) {
      if (seen.length >= count || performance.now() > endMs) return seen;
      await sleep(5);
      continue;
    }
    const different = new Set(memory.bytes.subarray(0, length));
    seen.push(`${[...different].join('+')}:${length}`);
  }
}

function addAll(outgoing: OutgoingBatch, datagrams: readonly (readonly [number, Route])[]): void {
  outgoing.begin(0);
  for (const [length, route] of datagrams) outgoing.add(length, route);
}

t.test('neighbours of one length and one way are one message, up to what a message carries', async (t) => {
  const outgoing = filled();
  const firsts = (...datagrams: readonly (readonly [number, Route])[]): readonly number[] => {
    addAll(outgoing, datagrams);
    return Array.from({ length: outgoing.messages + 1 }, (_, message) => outgoing.firstOf(message));
  };
  const [a, b] = [toPeer(true), toPeer(true)];
  t.same(firsts([10, a], [10, a], [10, a]), [0, 3]);
  t.same(firsts([10, a], [9, a], [9, a], [10, a]), [0, 1, 3, 4], 'another length');
  t.same(firsts([10, a], [10, b], [10, a]), [0, 1, 2, 3], 'another way');
  t.same(firsts([0, a], [0, a]), [0, 1, 2], 'nothing can not be cut');
  t.same(firsts([30_000, a], [30_000, a], [30_000, a]), [0, 2, 3], '65,507 bytes');
  const alone = toPeer(false);
  t.same(firsts([10, alone], [10, alone]), [0, 1, 2], 'not in segments');
  outgoing.begin(5);
  outgoing.add(10, a);
  outgoing.add(10, a);
  t.same([outgoing.messages, outgoing.firstOf(0), outgoing.firstOf(1)], [1, 5, 7], 'from any place on');
});

for (const [ipFamily, wildcard, local, peer] of [
  ['IPv4', '0.0.0.0', '127.0.0.7', '127.0.0.9'],
  ['IPv6', '::', '::1', '::1'],
] as const) {
  t.test(
    `${ipFamily}: replies to several clients arrive from the address that each sent to, in segments or not`,
    async (t) => {
      const all = new UdpSockets();
      t.teardown(() => all.close());
      const server = all.bound(ipFamily, wildcard);
      const batch = new DatagramBatch();
      const slab = new RouteSlab(ipFamily);
      const memory = new NativeMemory(8);
      for (const inSegments of [true, false]) {
        // Connected, so that a reply from any other address would not arrive.
        const clients = [0, 1].map(() => {
          const client = all.bound(ipFamily, peer);
          all.connect(client, local, server.port);
          sys.send(client.fd, memory.address, 1, 0);
          t.equal(batch.receive(server.fd), 1);
          const route = slab.take(batch, 0, inSegments);
          batch.done(1);
          return { fd: client.fd, route };
        });
        const [one, other] = clients;
        if (one === undefined || other === undefined) throw new Error('two clients');
        const outgoing = filled();
        addAll(outgoing, [
          [1400, one.route],
          [1400, one.route],
          [1400, one.route],
          [64, other.route],
          [0, other.route],
          [1400, one.route],
          [65_507, other.route],
        ]);
        t.equal(outgoing.messages, inSegments ? 5 : 7);
        t.equal(outgoing.send(server.fd, 0), outgoing.messages);
        t.same(await drain(one.fd, 4), ['1:1400', '2:1400', '3:1400', '6:1400']);
        t.same(await drain(other.fd, 3), ['4:64', ':0', '7:65507']);
        for (const { route } of clients) slab.giveBack(route);
      }
    },
  );
}

t.test('64 datagrams of 1,000 bytes leave as one message and arrive as 64', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const [from, to] = [all.bound('IPv4', '127.0.0.1'), all.bound('IPv4', '127.0.0.1')];
  all.connect(from, '127.0.0.1', to.port);
  const outgoing = filled();
  const peer = toPeer(true);
  addAll(
    outgoing,
    Array.from({ length: batchSize }, () => [1000, peer] as const),
  );
  t.equal(outgoing.messages, 1);
  t.equal(outgoing.send(from.fd, 0), 1);
  t.same(
    await drain(to.fd, batchSize),
    Array.from({ length: batchSize }, (_, index) => `${index + 1}:1000`),
  );
});

t.test('a message that the kernel refuses is split, and what comes after it stays as it was', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const [from, to] = [all.bound('IPv4', '127.0.0.1'), all.bound('IPv4', '127.0.0.1')];
  all.connect(from, '127.0.0.1', to.port);
  t.equal(all.sockets.setOption(from.fd, SOL_SOCKET, SO_NO_CHECK, 1), 0);
  const outgoing = filled();
  const [plain, refused, later] = [toPeer(false), toPeer(true), toPeer(true)];
  addAll(outgoing, [
    [5, plain],
    [20, refused],
    [20, refused],
    [30, later],
    [30, later],
  ]);
  t.equal(outgoing.messages, 3);
  t.equal(outgoing.send(from.fd, 0), 1);
  t.ok(outgoing.send(from.fd, 1) < 0);
  t.ok(outgoing.split(1));
  t.same([refused.inSegments, later.inSegments], [false, true]);
  t.equal(outgoing.messages, 3);
  t.equal(outgoing.send(from.fd, 0), 2);
  t.notOk(outgoing.split(0), 'one datagram can not be split');
  t.ok(outgoing.split(2));
  t.equal(outgoing.send(from.fd, 0), 2);
  t.same(await drain(to.fd, 5), ['1:5', '2:20', '3:20', '4:30', '5:30']);
});
