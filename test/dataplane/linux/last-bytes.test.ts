// What a side had sent before it reset its connection reaches the other side, as far as that one takes it.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { listenerFor } from '../conformance/plane.js';
import { receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually } from '../conformance/waiting.js';
import { makeLinuxPlane } from './make-plane.js';

/** More than a client's kernel takes at once, less than ours holds for it. */
const bytes = 600_000;

t.test('an answer that waits in our kernel when its endpoint resets arrives whole', async (t) => {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  for (const reads of ['at once', 'later']) {
    const client = await tcpClient(t, listener.port);
    await eventually('it is relayed', () => accepted.length === 1);
    const server = accepted.pop();
    const before = listener.counters().txBytes;
    server?.write(Buffer.alloc(bytes, 'x'));
    await eventually('it was relayed', () => listener.counters().txBytes - before === bytes);
    server?.resetAndDestroy();
    if (reads === 'later') await sleep(200);
    const { data, end } = await receiveAll(client);
    t.equal(data.length, bytes, reads);
    t.equal(end, 'reset');
  }
  await eventually('both are over', () => listener.counters().open === 0);
  t.same(listener.counters().failed, { 'endpoint-reset': 2 });
});

t.test('an answer to a request that was not read to its end arrives', async (t) => {
  // Closing with something unread in it makes the kernel send a reset.
  const answer = 'HTTP/1.1 413 Content Too Large\r\n\r\n';
  const endpoint = await tcpEndpoint(t, (socket) => {
    socket.once('readable', () => socket.write(answer, () => socket.destroy()));
  });
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  for (let round = 0; round < 20; round++) {
    const client = await tcpClient(t, listener.port);
    client.write(Buffer.alloc(200_000));
    t.equal(String((await receiveAll(client)).data), answer);
  }
  await eventually('the connections are over', () => listener.counters().open === 0);
});

t.test('a request that waits in our kernel when its client resets arrives whole', async (t) => {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const client = await tcpClient(t, listener.port);
  client.write(Buffer.alloc(bytes, 'x'));
  await eventually('it was relayed', () => listener.counters().rxBytes === bytes);
  client.resetAndDestroy();
  await sleep(200);
  const [server] = accepted;
  if (server === undefined) throw new Error('no connection');
  const { data, end } = await receiveAll(server);
  t.equal(data.length, bytes);
  t.equal(end, 'reset');
});

t.test('who takes nothing for a second is reset without the rest', async (t) => {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const client = await tcpClient(t, listener.port);
  await eventually('it is relayed', () => accepted.length === 1);
  accepted[0]?.write(Buffer.alloc(bytes));
  await eventually('it was relayed', () => listener.counters().txBytes === bytes);
  const startedMs = performance.now();
  accepted[0]?.resetAndDestroy();
  await eventually('it is over', () => listener.counters().open === 0);
  t.ok(performance.now() - startedMs >= 900, 'not before it had its time');
  t.same(listener.counters().failed, { 'endpoint-reset': 1 });
  t.ok((await receiveAll(client)).data.length < bytes);
});

t.test('when both sides have reset nobody is waited for', async (t) => {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const client = await tcpClient(t, listener.port);
  await eventually('it is relayed', () => accepted.length === 1);
  accepted[0]?.write(Buffer.alloc(bytes));
  await eventually('it was relayed', () => listener.counters().txBytes === bytes);
  const startedMs = performance.now();
  accepted[0]?.resetAndDestroy();
  client.resetAndDestroy();
  await eventually('it is over', () => listener.counters().open === 0);
  t.ok(performance.now() - startedMs < 900);
  const { failed } = listener.counters();
  t.equal((failed['endpoint-reset'] ?? 0) + (failed['client-reset'] ?? 0), 1, 'and it is counted once');
});
