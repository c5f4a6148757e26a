// The linux data plane lets go of endpoints that leave as every data plane must, with one thread and with three; and no
// thread misses one, nor takes another for it.
import type { Socket } from 'node:net';
import t from 'tap';
import { drainTests } from '../conformance/draining.js';
import { configOf, listenerFor, specOf } from '../conformance/plane.js';
import { echo, receive, receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually } from '../conformance/waiting.js';
import { makeLinuxPlane, makeSpreadPlane } from './make-plane.js';
import { relayedByThread } from './relayed-by-thread.js';

t.test('one thread', async (t) => drainTests(t, makeLinuxPlane));
t.test('three threads', async (t) => drainTests(t, makeSpreadPlane));

/** Enough round trips for each of them to be handed over. */
async function settleIn(clients: readonly Socket[]): Promise<void> {
  for (let round = 0; round < 12; round++) {
    for (const client of clients) {
      client.write('ping');
      await receive(client, 4);
    }
  }
}

t.test('an endpoint that leaves is drained in every thread, and nobody else is', async (t) => {
  const [old, other] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
  const { plane, listener } = await listenerFor(t, makeSpreadPlane, 'TCP', [old, other]);
  const web = await plane.open(specOf('TCP', 'IPv4', 'web2'), configOf([old]), 0);
  const clients: Socket[] = [];
  for (let count = 0; count < 12; count++) clients.push(await tcpClient(t, listener.port));
  const strangers = [
    await tcpClient(t, web.port),
    await tcpClient(t, web.port),
    await tcpClient(t, web.port),
  ];
  await settleIn([...clients, ...strangers]);
  t.same(relayedByThread(), [5, 5, 5]);
  const drain = { kind: 'reset', afterMs: 0 } as const;
  const cut = clients.filter((_, number) => number % 2 === 0).map((client) => receiveAll(client));
  listener.update(configOf([other], [], { drain }));
  t.same(
    (await Promise.all(cut)).map(({ end }) => end),
    cut.map(() => 'reset'),
  );
  await eventually('they are over', () => listener.counters().open === 6);
  t.same(listener.counters().failed, { drained: 6 });
  listener.update(configOf([other, old], [], { drain }));
  const back = await tcpClient(t, listener.port);
  await settleIn([...clients.filter((_, number) => number % 2 === 1), ...strangers, back]);
  t.same(web.counters().failed, {}, 'it has not left the other Service');
  t.equal(web.counters().open, 3);
  t.same(listener.counters().failed, { drained: 6 });
});

t.test('endpoints that come and go under load: each stream of one that left is cut, no other', async (t) => {
  const drain = { kind: 'reset', afterMs: 0 } as const;
  const endpoints = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
  const { listener } = await listenerFor(t, makeSpreadPlane, 'TCP', endpoints);
  for (let round = 0; round < 15; round++) {
    const clients = await Promise.all(Array.from({ length: 9 }, () => tcpClient(t, listener.port)));
    // Some are on their way to another thread just then.
    const talking = clients.map(async (client) => {
      for (let count = 0; count < 5 + round; count++) {
        client.write('ping');
        await receive(client, 4);
      }
    });
    const leaving = endpoints[round % 3];
    listener.update(
      configOf(
        endpoints.filter((endpoint) => endpoint !== leaving),
        [],
        { drain },
      ),
    );
    await Promise.allSettled(talking);
    await eventually('nothing is left of it', () => leaving?.sockets.size === 0);
    listener.update(configOf(endpoints, [], { drain }));
    for (const client of clients) client.destroy();
    await eventually('all are over', () => listener.counters().open === 0);
  }
  const { failed } = listener.counters();
  t.ok((failed.drained ?? 0) > 0);
  t.notOk(failed.fault);
});
