// The linux data plane moves TCP bytes as every data plane must; and its relays, whatever state they are in, end as one
// of their sides ends.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ChunkPool, chunkBytes } from '../../../lib/dataplane/linux/chunk-pool.js';
import { PipePool } from '../../../lib/dataplane/linux/pipe-pool.js';
import { watchedEvents } from '../../../lib/dataplane/linux/tcp-dial.js';
import { clientTag, type RelayContext, TcpRelay } from '../../../lib/dataplane/linux/tcp-relay.js';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../../../lib/dataplane/native/abi/constants.js';
import { blockLength } from '../../../lib/dataplane/native/counter-block.js';
import { Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { TimerWheel } from '../../../lib/dataplane/native/timer-wheel.js';
import { configOf, listenerFor, planeFor, specOf } from '../conformance/plane.js';
import { receive, receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { tcpRelayTests } from '../conformance/tcp-relay.js';
import { eventually, settledValue } from '../conformance/waiting.js';
import { makeLinuxPlane, makeSpreadPlane } from './make-plane.js';

tcpRelayTests(t, makeLinuxPlane);

/** What has happened before one side resets: `near` is that side. */
const states: readonly { readonly state: string; reach(near: Socket, far: Socket): Promise<void> }[] = [
  { state: 'before any byte', reach: async () => {} },
  {
    state: 'after bytes both ways',
    async reach(near, far) {
      near.write('one');
      await receive(far, 3);
      far.write('two');
      await receive(near, 3);
    },
  },
  {
    state: 'after its own end',
    async reach(near, far) {
      near.end('bye');
      await receiveAll(far);
    },
  },
  {
    state: "after the other's end",
    async reach(near, far) {
      far.end('bye');
      await receiveAll(near);
    },
  },
  {
    state: 'while it does not read what the other sends',
    async reach(_near, far) {
      far.write(Buffer.alloc(32 * 1024 * 1024));
      await settledValue(() => far.bytesWritten - far.writableLength, 200);
    },
  },
  {
    state: 'while the other does not read what it sent',
    async reach(near) {
      near.write(Buffer.alloc(32 * 1024 * 1024));
      await settledValue(() => near.bytesWritten - near.writableLength, 200);
    },
  },
];

for (const { threads, makePlane } of [
  { threads: 'one thread', makePlane: makeLinuxPlane },
  { threads: 'three threads', makePlane: makeSpreadPlane },
]) {
  t.test(`resets, ${threads}`, async (t) => {
    // One for all of them: starting threads takes longer than the rest.
    const plane = planeFor(t, makePlane);
    for (const side of ['client', 'endpoint'] as const) {
      for (const { state, reach } of states) {
        await t.test(`a reset by the ${side} ${state} resets the other side`, async (t) => {
          const accepted: Socket[] = [];
          const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
          const listener = await plane.open(
            specOf('TCP', 'IPv4', `${side} ${state}`),
            configOf([endpoint]),
            0,
          );
          const client = await tcpClient(t, listener.port);
          // Not as soon as the endpoint accepts: a reset before the dial is seen to be done is a failed dial.
          await eventually('the endpoint is connected', () => listener.counters().dialSeconds.count === 1);
          await eventually('and knows it', () => accepted.length === 1);
          const [server] = accepted;
          if (server === undefined) throw new Error('no connection');
          const [near, far] = side === 'client' ? [client, server] : [server, client];
          await reach(near, far);
          const wasFarEnded = far.readableEnded;
          near.resetAndDestroy();
          await eventually('the relay is over', () => plane.totals().tcpConnections === 0);
          t.same(listener.counters().failed, { [`${side}-reset`]: 1 });
          t.equal(listener.counters().open, 0);
          if (wasFarEnded) t.ok(await errorOfWriting(far));
          else t.equal((await receiveAll(far)).end, 'reset');
          await listener.close();
        });
      }
    }
  });
}

t.test('half-closes in every order are clean, with bytes before and after', async (t) => {
  const orders: readonly (readonly ['client' | 'endpoint', 'client' | 'endpoint'])[] = [
    ['client', 'endpoint'],
    ['endpoint', 'client'],
  ];
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const { plane, listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  for (const size of [0, 5, 400_000]) {
    for (const [first] of orders) {
      const client = await tcpClient(t, listener.port);
      await eventually('the endpoint is connected', () => accepted.length === 1);
      const server = accepted.pop();
      if (server === undefined) throw new Error('no connection');
      const [near, far] = first === 'client' ? [client, server] : [server, client];
      near.end(Buffer.alloc(size, 'n'));
      t.equal((await receiveAll(far)).data.length, size);
      far.write('still ');
      t.equal(String(await receive(near, 6)), 'still ');
      far.end(Buffer.alloc(size, 'f'));
      const { data, end } = await receiveAll(near);
      t.equal(data.length, size);
      t.equal(end, 'fin');
      await eventually('the relay is over', () => plane.totals().tcpConnections === 0);
    }
  }
  t.same(listener.counters().failed, {});
});

t.test(
  'a download read slowly outlives the half-closed timeout, one that nobody reads does not',
  async (t) => {
    const bytes = 3_000_000;
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.resume();
      socket.end(Buffer.alloc(bytes));
    });
    const options = { halfClosedTimeoutMs: 1500 };
    const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint], options);
    const [slow] = [await tcpClient(t, listener.port), await tcpClient(t, listener.port)];
    await eventually('all is in the hands of the kernel', () => listener.counters().txBytes === 2 * bytes);
    const startedMs = performance.now();
    let taken = 0;
    while (taken < bytes && !slow.errored && performance.now() - startedMs < 15_000) {
      const chunk: Buffer | null = slow.read();
      taken += chunk?.length ?? 0;
      await sleep(70);
    }
    t.equal(taken, bytes);
    t.ok(performance.now() - startedMs > 3000, 'in twice the timeout or more');
    slow.end();
    // What its kernel had acknowledged, and it read only later, was no movement any more: it may have been cut at the end.
    await eventually('the other one is over too', () => listener.counters().open === 0);
    t.ok((listener.counters().failed['half-closed-timeout'] ?? 0) >= 1);
  },
);

t.test('a small message goes ahead of the bulk of the same turn', async (t) => {
  const descriptors = new Descriptors(1, undefined);
  const rethrow = (error: unknown): void => {
    throw error;
  };
  const loop = new EpollLoop(descriptors, rethrow);
  const pipes = new PipePool(descriptors, 4);
  const memory = new NativeMemory(chunkBytes);
  const take = (fd: number): number => sys.recv(fd, memory.address, chunkBytes, MSG_DONTWAIT);
  const put = (fd: number, bytes: number): number => sys.send(fd, memory.address, bytes, MSG_DONTWAIT);
  /** What had come of the small message whenever bulk was about to be moved. */
  const smallBefore: number[] = [];
  const context: RelayContext = {
    loop,
    timers: new TimerWheel(performance.now()),
    sockets: new Sockets(descriptors),
    tools: {
      buffer: new NativeMemory(chunkBytes),
      chunks: new ChunkPool(),
      pipes: {
        take: () => {
          smallBefore.push(take(small.server));
          return pipes.take();
        },
        giveBack: (pipe, empty) => pipes.giveBack(pipe, empty),
      },
    },
    halfClosedTimeoutMs: 60_000,
    keepAliveDelayMs: 15_000,
    over: () => {},
    settled: () => {},
  };
  const pair = (): readonly [number, number] => {
    sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, memory.address);
    return [descriptors.adopt(memory.words[0] ?? -1), descriptors.adopt(memory.words[1] ?? -1)];
  };
  const relayed = () => {
    const [client, clientFd] = pair();
    const [endpointFd, server] = pair();
    const slot = loop.claim({ ready: () => {} });
    const counters = new Float64Array(blockLength);
    const relay = new TcpRelay({ clientFd, endpointFd, place: 0, endpointId: 0 }, slot, counters, context);
    loop.replace(slot, relay);
    loop.add(clientFd, watchedEvents, slot, clientTag);
    loop.add(endpointFd, watchedEvents, slot, clientTag + 1);
    return { client, server, relay };
  };
  const [bulk, small] = [relayed(), relayed()];
  t.teardown(() => {
    for (const { client, server, relay } of [bulk, small]) {
      relay.fail('shutdown');
      descriptors.close(client);
      descriptors.close(server);
    }
    pipes.close();
    loop.close();
  });
  // Two full reads: it is bulk from now on.
  for (let round = 0; round < 2; round++) {
    put(bulk.client, chunkBytes);
    loop.turn(0, () => {});
    while (take(bulk.server) > 0);
  }
  smallBefore.length = 0;
  put(bulk.client, chunkBytes);
  put(small.client, 7);
  loop.turn(0, () => {});
  loop.turn(0, () => {});
  t.same(smallBefore, [7]);
  t.ok(take(bulk.server) > 0, 'and the bulk moved too');
});

for (const makePlane of [makeLinuxPlane, makeSpreadPlane]) {
  t.test('connections that live on are probed on both sides', async (t) => {
    const accepted: Socket[] = [];
    const endpoint = await tcpEndpoint(t, (socket) => {
      accepted.push(socket);
      socket.pipe(socket);
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    // As many as there are threads, each with enough to be handed over where that is done.
    const clients = await Promise.all([1, 2, 3].map(() => tcpClient(t, listener.port)));
    for (const client of clients) {
      for (let round = 0; round < 20; round++) {
        client.write('ping');
        await receive(client, 4);
      }
    }
    for (const { localPort } of clients)
      await eventually("the client's side", () => isProbed(listener.port, localPort));
    for (const { localPort, remotePort } of accepted)
      await eventually("the endpoint's side", () => isProbed(remotePort, localPort));
  });
}

/** Whether the kernel's keep-alive timer runs (2 in column `tr` of /proc/net/tcp) for the socket between these ports. */
function isProbed(localPort: number | undefined, remotePort: number | undefined): boolean {
  const port = (number = 0): string => `:${number.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, local = '', remote = '', , , timer = '']) =>
        local.endsWith(port(localPort)) && remote.endsWith(port(remotePort)) && timer.startsWith('02:'),
    );
}

/** Node stops listening to a socket that has ended: it hears of a reset when it writes. */
function errorOfWriting(socket: Socket): Promise<Error | null | undefined> {
  return new Promise((resolve) => socket.write('anybody there?', resolve));
}
