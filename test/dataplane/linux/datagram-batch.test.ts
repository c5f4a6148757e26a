// Datagrams in batches: lengths, senders and the addresses they were sent to; and sending them on from where they lie.
import t from 'tap';
import { controlOffset, DatagramBatch, nameOffset } from '../../../lib/dataplane/linux/datagram-batch.js';
import { batchSize } from '../../../lib/dataplane/linux/datagram-headers.js';
import { toPeer } from '../../../lib/dataplane/linux/outgoing-batch.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { localAddressOf } from '../../../lib/dataplane/native/packet-info.js';
import { ipOf, portOf } from '../../../lib/dataplane/native/socket-address.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { UdpSockets } from './udp-sockets.js';

/** Sends one datagram of each of these lengths, filled with its number. */
function sendEach(fd: number, lengths: readonly number[]): void {
  const memory = new NativeMemory(65_536);
  for (const [index, length] of lengths.entries()) {
    memory.bytes.fill(index + 1, 0, length);
    if (sys.send(fd, memory.address, length, 0) !== length) throw new Error(`${length} bytes were not sent`);
  }
}

for (const [ipFamily, wildcard, local, peer] of [
  ['IPv4', '0.0.0.0', '127.0.0.7', '127.0.0.9'],
  ['IPv6', '::', '::1', '::1'],
] as const) {
  t.test(`${ipFamily}: size, sender and local address of each are known, every time`, async (t) => {
    const all = new UdpSockets();
    t.teardown(() => all.close());
    const server = all.bound(ipFamily, wildcard);
    const client = all.bound(ipFamily, peer);
    all.connect(client, local, server.port);
    const batch = new DatagramBatch();
    const sizes = [0, 1, 1472, 9000, 65_507];
    for (let round = 0; round < 3; round++) {
      sendEach(client.fd, sizes);
      t.equal(batch.receive(server.fd), sizes.length);
      t.equal(batch.bytesOf(1, 4), 1 + 1472 + 9000);
      for (const [index, size] of sizes.entries()) {
        t.equal(batch.lengthOf(index), size);
        t.equal(ipOf(batch.names.bytes, ipFamily, nameOffset(index)), peer);
        t.equal(portOf(batch.names.bytes, nameOffset(index)), client.port);
        t.equal(localAddressOf(batch.controls.bytes, controlOffset(index), ipFamily), local);
      }
      batch.done(sizes.length);
    }
  });
}

t.test('a full batch is received by one call, and what is left by the next', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const server = all.bound('IPv4', '127.0.0.1');
  const client = all.bound('IPv4', '127.0.0.1');
  all.connect(client, '127.0.0.1', server.port);
  const batch = new DatagramBatch();
  sendEach(
    client.fd,
    Array.from({ length: batchSize + 2 }, (_, index) => index),
  );
  t.equal(batch.receive(server.fd), batchSize);
  t.equal(batch.lengthOf(batchSize - 1), batchSize - 1);
  batch.done(batchSize);
  t.equal(batch.receive(server.fd), 2);
  t.same([batch.lengthOf(0), batch.lengthOf(1)], [batchSize, batchSize + 1]);
});

t.test('datagrams go on to the peer as they came, one or several at once, in segments or not', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const [client, server, near, far] = Array.from({ length: 4 }, () => all.bound('IPv4', '127.0.0.1'));
  if (client === undefined || server === undefined || near === undefined || far === undefined)
    throw new Error('four sockets');
  all.connect(client, '127.0.0.1', server.port);
  all.connect(near, '127.0.0.1', far.port);
  const lengths = [100, 100, 100, 0, 0, 7, 1400, 1400, 65_507];
  for (const inSegments of [true, false]) {
    const batch = new DatagramBatch();
    sendEach(client.fd, lengths);
    t.equal(batch.receive(server.fd), lengths.length);
    t.equal(batch.sendOne(near.fd, 0), 1);
    t.equal(batch.send(near.fd, 1, lengths.length, toPeer(inSegments)), lengths.length - 1);
    const memory = new NativeMemory(65_536);
    for (const [index, length] of lengths.entries()) {
      t.equal(sys.recv(far.fd, memory.address, 65_536, 0), length);
      t.ok(memory.bytes.subarray(0, length).every((byte) => byte === index + 1));
    }
    t.ok(sys.recv(far.fd, memory.address, 65_536, 0) < 0, 'and no more');
  }
});
