// One direction of a stream: bulk goes through a pipe without being copied, small messages do not, and nothing is lost
// where it changes from one to the other.
import { randomBytes } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ChunkPool, chunkBytes } from '../../../lib/dataplane/linux/chunk-pool.js';
import { type Moved, OneWay } from '../../../lib/dataplane/linux/one-way.js';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_OOB,
  O_NONBLOCK,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../../../lib/dataplane/native/abi/constants.js';
import { Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { encodeSockaddr } from '../../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { listenerFor } from '../conformance/plane.js';
import { echo, receive, receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually, within } from '../conformance/waiting.js';
import { checksum, openPipeEnds, pour } from './bulk.js';
import { makeLinuxPlane } from './make-plane.js';

const mebibyte = 1024 * 1024;

/** A client by syscalls: Node can't send urgent data. */
function rawClient(port: number) {
  const descriptors = new Descriptors(1, undefined);
  const fd = new Sockets(descriptors).open('IPv4', 'TCP');
  new Sockets(descriptors).connect(fd, encodeSockaddr({ ip: '127.0.0.1', port }));
  const memory = new NativeMemory(mebibyte);
  const send = async (bytes: number): Promise<void> => {
    const endMs = performance.now() + 20_000;
    for (let left = bytes; left > 0; ) {
      if (performance.now() > endMs) throw new Error(`${left} of ${bytes} bytes could not be sent`);
      const sent = sys.send(fd, memory.address, Math.min(left, mebibyte), MSG_DONTWAIT);
      if (sent > 0) left -= sent;
      else await sleep(1);
    }
  };
  return { fd, send, close: () => descriptors.close(fd) };
}

t.test('256 MiB arrive whole in both directions at once, through pipes', async (t) => {
  const sums: { fromClient?: Promise<string>; sent?: Promise<string> } = {};
  const endpoint = await tcpEndpoint(t, (socket) => {
    sums.fromClient = checksum(socket);
    sums.sent = pour(socket, 256, 2);
  });
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const before = openPipeEnds();
  const client = await tcpClient(t, listener.port);
  const fromEndpoint = checksum(client);
  let mostPipeEnds = 0;
  const look = setInterval(() => {
    mostPipeEnds = Math.max(mostPipeEnds, openPipeEnds());
  }, 20);
  t.teardown(() => clearInterval(look));
  const sent = await pour(client, 256, 1);
  t.equal(await sums.fromClient, sent, 'client to endpoint');
  t.equal(await fromEndpoint, await sums.sent, 'endpoint to client');
  t.equal(listener.counters().rxBytes, 256 * 1024 * 1024);
  t.equal(listener.counters().txBytes, 256 * 1024 * 1024);
  t.ok(mostPipeEnds > before, 'pipes were in use');
  t.ok(mostPipeEnds <= before + 4, 'one for each direction');
});

t.test('bursts and single messages in turn keep their order', async (t) => {
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [await tcpEndpoint(t, echo)]);
  const client = await tcpClient(t, listener.port);
  for (const size of [1, 3_000_000, 10, 65_536, 65_536 * 2, 65_537, 5, 1_000_000, 131_072, 200_000, 1]) {
    const message = randomBytes(size);
    client.write(message);
    t.ok((await receive(client, size)).equals(message), `${size} bytes`);
  }
});

t.test('pipes are given back when a stream rests', async (t) => {
  const atFirst = openPipeEnds();
  const { plane, listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [await tcpEndpoint(t, echo)]);
  const before = openPipeEnds();
  const clients = await Promise.all(Array.from({ length: 40 }, () => tcpClient(t, listener.port)));
  const message = randomBytes(2_000_000);
  await Promise.all(
    clients.map(async (client) => {
      client.write(message);
      t.ok((await receive(client, message.length)).equals(message));
    }),
  );
  await eventually(
    'no more are open than are kept for other streams',
    () => openPipeEnds() <= before + 2 * 8,
  );
  for (const client of clients) client.destroy();
  await eventually('all are over', () => plane.totals().tcpConnections === 0);
  await plane.close(0);
  t.equal(openPipeEnds(), atFirst);
});

t.test('a stream stopped by its reader while a pipe is full goes on, and can be cut', async (t) => {
  const before = openPipeEnds();
  const endpoint = await tcpEndpoint(t, (socket) => {
    socket.resume();
    void pour(socket, 32, 5).catch(() => {});
  });
  const { plane, listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const [slow, cut] = [await tcpClient(t, listener.port), await tcpClient(t, listener.port)];
  await eventually('both are stopped', () => openPipeEnds() >= before + 4);
  cut.resetAndDestroy();
  await eventually('one is over', () => plane.totals().tcpConnections === 1);
  t.equal((await receiveAll(slow)).data.length, 32 * 1024 * 1024);
});

t.test('urgent data, at which a read stops short, does not make a stream stop', async (t) => {
  const got: Promise<Buffer>[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => got.push(receiveAll(socket).then(({ data }) => data)));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const descriptors = new Descriptors(1, undefined);
  const sockets = new Sockets(descriptors);
  const fd = sockets.open('IPv4', 'TCP');
  sockets.connect(fd, encodeSockaddr({ ip: '127.0.0.1', port: listener.port }));
  await eventually('it is relayed', () => got.length === 1);
  const memory = new NativeMemory(64);
  memory.bytes.write('before!after');
  sys.send(fd, memory.address, 6, MSG_DONTWAIT);
  sys.send(fd, memory.address + 6, 1, MSG_DONTWAIT | MSG_OOB);
  sys.send(fd, memory.address + 7, 5, MSG_DONTWAIT);
  await eventually('all but the urgent byte was read', () => listener.counters().rxBytes === 11);
  descriptors.close(fd);
  t.equal(String(await got[0]), 'beforeafter');
});

for (const ends of [true, false]) {
  t.test(
    `urgent data amid bulk ${ends ? 'that ends' : 'that stays open'} loses nothing behind it`,
    async (t) => {
      // Held up by its endpoint, so that the mark lies in what is spliced, with everything behind it there as well.
      const [before, after] = [6 * mebibyte, 2 * mebibyte];
      const held: Socket[] = [];
      const endpoint = await tcpEndpoint(t, (socket) => held.push(socket));
      const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
      const { fd, send, close } = rawClient(listener.port);
      await eventually('it is relayed', () => held.length === 1);
      const [socket] = held;
      if (socket === undefined) throw new Error('no connection');
      let received = 0;
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      const ended = new Promise((resolve) => socket.once('end', resolve));
      await send(before);
      sys.send(fd, new NativeMemory(8).address, 1, MSG_DONTWAIT | MSG_OOB);
      await send(after);
      if (ends) {
        sys.shutdown(fd, SHUT_WR);
        await within('the end', ended);
      }
      await eventually('all but the urgent byte came through', () => received === before + after);
      t.equal(listener.counters().rxBytes, before + after);
      t.same(listener.counters().failed, {});
      close();
    },
  );
}

t.test('a pipe that has lost bytes breaks the stream', async (t) => {
  const memory = new NativeMemory(chunkBytes);
  const pairOf = (): readonly [number, number] => {
    sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, memory.address);
    return [memory.words[0] ?? -1, memory.words[1] ?? -1];
  };
  const pipeOf = (): readonly [number, number] => {
    sys.pipe2(memory.address, O_NONBLOCK);
    return [memory.words[0] ?? -1, memory.words[1] ?? -1];
  };
  const [source, from] = pairOf();
  const [to, destination] = pairOf();
  const [full, fullEnd] = pipeOf();
  const [empty, emptyEnd] = pipeOf();
  sys.close(emptyEnd);
  const given: boolean[] = [];
  const way = new OneWay(from, to, {
    buffer: new NativeMemory(chunkBytes),
    chunks: new ChunkPool(),
    pipes: {
      take: () => ({ readFd: empty, writeFd: fullEnd }),
      giveBack: (_pipe, isEmpty) => given.push(isEmpty),
    },
  });
  const moveChunk = (): Moved => {
    t.equal(sys.send(source, memory.address, chunkBytes, MSG_DONTWAIT), chunkBytes);
    way.readable = true;
    const moved = way.move(false);
    while (sys.recv(destination, memory.address, chunkBytes, MSG_DONTWAIT) > 0);
    return moved;
  };
  t.equal(moveChunk(), 'waiting');
  t.equal(moveChunk(), 'waiting', 'two full reads: bulk');
  given.length = 0;
  t.equal(moveChunk(), 'to-broken');
  way.drop();
  t.same(given, [false], 'and nobody else is given that pipe');
  for (const fd of [source, from, to, destination, full, fullEnd, empty]) sys.close(fd);
});

t.test('a small message does not wait for the acknowledgement of the one before', async (t) => {
  // Inherited from the listening socket by the one side; set on the other when it sends for the second time.
  const endpoint = await tcpEndpoint(t, (socket) => {
    let bytes = 0;
    socket.on('data', (data) => {
      bytes += data.length;
      if (bytes % 2 === 0) socket.write('!');
    });
  });
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const client = connectSocket({ port: listener.port, host: '127.0.0.1', noDelay: true });
  t.teardown(() => client.destroy());
  const startedMs = performance.now();
  for (let round = 1; round <= 50; round++) {
    client.write('a');
    await eventually('it was relayed', () => listener.counters().rxBytes === 2 * round - 1);
    client.write('b');
    await receive(client, 1);
  }
  const elapsedMs = performance.now() - startedMs;
  t.ok(elapsedMs < 1500, `no round waits 40 ms for a delayed acknowledgement: ${Math.round(elapsedMs)} ms`);
});
