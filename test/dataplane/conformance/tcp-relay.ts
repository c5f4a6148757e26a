// dataplane/conformance/tcp-relay.ts: every byte arrives, both ends are kept apart, and a reset stays a reset.
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { failures, listenerFor, type MakePlane } from './plane.js';
import { echo, receive, receiveAll, request, tcpClient, tcpEndpoint } from './tcp-peers.js';
import { eventually, settledValue, within } from './waiting.js';

const mebibyte = 1024 * 1024;

export function tcpRelayTests(t: Test, makePlane: MakePlane): void {
  t.test('what a client sends comes back from an echo, after its half-close too', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'TCP', [await tcpEndpoint(t, echo)]);
    const { data, end } = await request(t, listener.port, 'hello');
    t.equal(data.toString(), 'hello');
    t.equal(end, 'fin');
    await eventually('the connection is over', () => listener.counters().open === 0);
    const counters = listener.counters();
    t.equal(counters.opened, 1);
    t.equal(failures(listener), 0);
    t.equal(counters.rxBytes, 5);
    t.equal(counters.txBytes, 5);
  });

  t.test('64 MiB arrive whole in both directions at once', async (t) => {
    const sums: { fromClient?: Promise<string> } = {};
    const endpoint = await tcpEndpoint(t, (socket) => {
      sums.fromClient = checksum(socket);
      void pour(socket, 64, 2);
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const client = await tcpClient(t, listener.port);
    const fromEndpoint = checksum(client);
    const sent = await pour(client, 64, 1);
    t.equal(await sums.fromClient, sent, 'client to endpoint');
    t.equal(await fromEndpoint, checksumOf(64, 2), 'endpoint to client');
    t.equal(listener.counters().rxBytes, 64 * mebibyte);
    t.equal(listener.counters().txBytes, 64 * mebibyte);
  });

  t.test('an endpoint that ends first leaves the client free to send on', async (t) => {
    const late: Promise<Buffer>[] = [];
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.end('bye');
      late.push(receiveAll(socket).then(({ data }) => data));
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const client = await tcpClient(t, listener.port);
    t.same(await receiveAll(client), { data: Buffer.from('bye'), end: 'fin' });
    client.write('after ');
    await sleep(50);
    client.end('the end');
    t.equal((await late[0])?.toString(), 'after the end');
    await eventually('the connection is over', () => listener.counters().open === 0);
    t.equal(failures(listener), 0);
  });

  t.test('a client that ends first still gets an answer that takes its time', async (t) => {
    const endpoint = await tcpEndpoint(t, (socket) => {
      void receiveAll(socket).then(async ({ data }) => {
        await sleep(100);
        socket.end(`${data.toString()} was all`);
      });
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    t.same(await request(t, listener.port, 'this'), { data: Buffer.from('this was all'), end: 'fin' });
  });

  t.test('both sides may end at the same moment', async (t) => {
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.resume();
      socket.end();
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    t.same(await request(t, listener.port), { data: Buffer.alloc(0), end: 'fin' });
    await eventually('the connection is over', () => listener.counters().open === 0);
    t.equal(failures(listener), 0);
  });

  t.test('all that was sent before an end arrives before the end', async (t) => {
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.resume();
      socket.end(Buffer.alloc(5 * mebibyte, 'x'));
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    for (let round = 0; round < 5; round++) {
      const { data, end } = await request(t, listener.port, 'go');
      t.equal(data.length, 5 * mebibyte);
      t.equal(end, 'fin');
    }
  });

  t.test('a half-closed connection that stays silent is reset, one that moves is not', async (t) => {
    const received: Promise<unknown>[] = [];
    const endpoint = await tcpEndpoint(t, (socket) => {
      received.push(receiveAll(socket));
      socket.once('end', () => void trickle(socket, 6, 100));
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint], { halfClosedTimeoutMs: 400 });
    const startedMs = performance.now();
    const { data, end } = await request(t, listener.port, 'x');
    t.equal(data.toString(), '......', 'six dots in 600 ms, never silent for 400');
    t.equal(end, 'reset', 'then silence');
    t.ok(performance.now() - startedMs >= 900, 'and not before 400 ms of it');
    t.equal(listener.counters().failed['half-closed-timeout'], 1);
    // Node hears of a reset after an end only when it writes.
    for (const socket of endpoint.sockets) socket.write('anybody there?');
    await eventually('the endpoint is let go too', () => endpoint.sockets.size === 0);
  });

  t.test('an endpoint that resets after some data resets its client', async (t) => {
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.once('readable', () => {
        socket.read();
        socket.write('half of the ans', () => socket.resetAndDestroy());
      });
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    for (const halfClosed of [false, true]) {
      const client = await tcpClient(t, listener.port);
      const received = receiveAll(client);
      if (halfClosed) client.end('question');
      else client.write('question');
      t.equal(
        (await received).end,
        'reset',
        halfClosed ? 'after the client has ended' : 'while both are open',
      );
    }
    t.equal(listener.counters().failed['endpoint-reset'], 2);
    await eventually('the connections are over', () => listener.counters().open === 0);
  });

  t.test('an answer that a reset follows at once arrives before the reset', async (t) => {
    const answer = 'x'.repeat(100);
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.once('readable', () => {
        socket.read();
        socket.write(answer, () => socket.resetAndDestroy());
      });
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    for (let round = 0; round < 20; round++) {
      const client = await tcpClient(t, listener.port);
      client.write('question');
      t.same(await receiveAll(client), { data: Buffer.from(answer), end: 'reset' });
    }
    t.equal(listener.counters().txBytes, 20 * answer.length);
    t.same(listener.counters().failed, { 'endpoint-reset': 20 });
    await eventually('the connections are over', () => listener.counters().open === 0);
  });

  t.test("an endpoint's first small writes do not wait for a delayed acknowledgement", async (t) => {
    // Nagle's algorithm is on in the endpoint: its second write leaves when the first one is acknowledged.
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.once('readable', () => {
        for (const part of ['one ', 'two ', 'three']) socket.write(part);
      });
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const elapsed: number[] = [];
    for (let round = 0; round < 10; round++) {
      const client = await tcpClient(t, listener.port);
      const startedMs = performance.now();
      client.write('question');
      t.equal(String(await receive(client, 13)), 'one two three');
      elapsed.push(performance.now() - startedMs);
      client.destroy();
    }
    t.ok(Math.min(...elapsed) < 35, `40 ms is what it would wait: ${elapsed.map(Math.round).join(' ')}`);
  });

  t.test('a client that resets resets its endpoint', async (t) => {
    const ends: Promise<string>[] = [];
    const endpoint = await tcpEndpoint(t, (socket) => ends.push(receiveAll(socket).then(({ end }) => end)));
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    for (const text of ['', 'half of the quest']) {
      const client = await tcpClient(t, listener.port);
      await eventually('the endpoint is connected', () => endpoint.sockets.size === 1);
      if (text === '') client.resetAndDestroy();
      else client.write(text, () => client.resetAndDestroy());
      await eventually('the endpoint is let go', () => endpoint.sockets.size === 0);
    }
    t.same(await Promise.all(ends), ['reset', 'reset']);
    t.equal(listener.counters().failed['client-reset'], 2);
  });

  t.test('an endpoint that has ended and is reset by its client is not left open', async (t) => {
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.resume();
      socket.end('bye');
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const client = await tcpClient(t, listener.port);
    await receiveAll(client);
    client.resetAndDestroy();
    await eventually('the connection is over', () => listener.counters().open === 0);
    t.equal(listener.counters().failed['client-reset'], 1);
    await eventually('the endpoint is let go too', () => endpoint.sockets.size === 0);
  });

  t.test('a client that does not read stops its endpoint, and nobody else', async (t) => {
    const total = 48;
    const expected = checksumOf(total, 3);
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.resume();
      void pour(socket, total, 3);
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const slow = await tcpClient(t, listener.port);
    const taken = await settledValue(() => listener.counters().txBytes, 500);
    t.ok(taken < 24 * mebibyte, `what was taken from the endpoint fits the kernel's buffers: ${taken}`);
    const quick = await tcpClient(t, listener.port);
    t.equal(await checksum(quick), expected, 'another client gets everything meanwhile');
    t.equal(await checksum(slow), expected, 'and so does the slow one in the end');
  });

  t.test('an endpoint that does not read stops its client', async (t) => {
    const held: Socket[] = [];
    const total = 48;
    const endpoint = await tcpEndpoint(t, (socket) => held.push(socket));
    const { listener } = await listenerFor(t, makePlane, 'TCP', [endpoint]);
    const client = await tcpClient(t, listener.port);
    const sent = pour(client, total, 4);
    await eventually('the endpoint is connected', () => held.length === 1);
    const taken = await settledValue(() => listener.counters().rxBytes, 500);
    t.ok(taken < 24 * mebibyte, `what was taken from the client fits the kernel's buffers: ${taken}`);
    const [socket] = held;
    if (socket === undefined) throw new Error('no connection');
    t.equal(await checksum(socket), await sent);
  });

  t.test('many small messages keep their order', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'TCP', [await tcpEndpoint(t, echo)]);
    const client = await tcpClient(t, listener.port);
    for (let round = 0; round < 200; round++) {
      const message = randomBytes(1 + (round % 50));
      client.write(message);
      t.same(await receive(client, message.length), message);
    }
  });
}

/** One MiB that only `seed` and its number decide. */
function block(seed: number, number: number): Buffer {
  return Buffer.alloc(mebibyte, Buffer.from([seed, number, 7, seed ^ number, 11]));
}

function checksumOf(mebibytes: number, seed: number): string {
  const hash = createHash('sha1');
  for (let number = 0; number < mebibytes; number++) hash.update(block(seed, number));
  return hash.digest('hex');
}

/** Writes so many MiB and ends; the checksum of what it wrote. Gives up silently when the socket is cut. */
async function pour(socket: Socket, mebibytes: number, seed: number): Promise<string> {
  for (let number = 0; number < mebibytes && !socket.destroyed; number++) {
    const written = new Promise((resolve) => socket.write(block(seed, number), resolve));
    await within('a write of a large stream', written, 40_000);
  }
  socket.end();
  return checksumOf(mebibytes, seed);
}

/** Of everything up to the end. */
function checksum(socket: Socket): Promise<string> {
  const hash = createHash('sha1');
  const summed = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => hash.update(chunk));
    socket.once('end', () => resolve(hash.digest('hex')));
    socket.once('error', reject);
  });
  return within('the end of a large stream', summed, 40_000);
}

async function trickle(socket: Socket, dots: number, everyMs: number): Promise<void> {
  for (let dot = 0; dot < dots; dot++) {
    await sleep(everyMs);
    socket.write('.');
  }
}
