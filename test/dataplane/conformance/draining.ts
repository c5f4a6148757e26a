// dataplane/conformance/draining.ts: what becomes of what is established, and of what is being dialled, when its endpoint
// leaves or rests.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { DrainPolicy } from '../../../lib/model/drain-policy.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import type { Listener, ListenerConfig } from '../../../lib/proxier/data-plane.js';
import { configOf, failures, listenerFor, type MakePlane } from './plane.js';
import {
  connecting,
  echo,
  receive,
  receiveAll,
  request,
  sayName,
  silentEndpoint,
  tcpClient,
  tcpEndpoint,
} from './tcp-peers.js';
import { udpEndpoint, udpSocket } from './udp-peers.js';
import { eventually } from './waiting.js';

const atOnce: DrainPolicy = { kind: 'reset', afterMs: 0 };

function draining(endpoints: readonly EndpointAddress[], drain: DrainPolicy): ListenerConfig {
  return configOf(endpoints, [], { drain });
}

/** Says something and hears it again. */
async function talks(client: Socket, text = 'hello'): Promise<boolean> {
  client.write(text);
  return String(await receive(client, text.length)) === text;
}

async function establish(t: Test, listener: Listener): Promise<Socket> {
  const client = await tcpClient(t, listener.port);
  if (!(await talks(client))) throw new Error('that is no echo');
  return client;
}

export function drainTests(t: Test, makePlane: MakePlane): void {
  t.test('leave: streams whose endpoint left go on until they end', async (t) => {
    const [old, fresh] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const client = await establish(t, listener);
    listener.update(configOf([fresh]));
    t.ok(await talks(client));
    listener.update(configOf([]));
    await sleep(100);
    t.ok(await talks(client));
    client.end();
    t.equal((await receiveAll(client)).end, 'fin');
    await eventually('it is over', () => listener.counters().open === 0);
    t.equal(failures(listener), 0);
  });

  t.test('reset at once: both sides are cut, others are not', async (t) => {
    const [old, other] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
    const { plane, listener } = await listenerFor(t, makePlane, 'TCP', [old, other]);
    const clients = await Promise.all([1, 2, 3, 4].map(() => establish(t, listener)));
    t.equal(old.sockets.size, 2);
    const ends = [...old.sockets].map((socket) => new Promise((resolve) => socket.once('error', resolve)));
    const received = clients.map((client) => receiveAll(client));
    listener.update(draining([other], atOnce));
    t.match(await Promise.all(ends), [{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }]);
    await eventually('two are over', () => listener.counters().open === 2);
    t.same(listener.counters().failed, { drained: 2 });
    t.equal(plane.totals().tcpConnections, 2);
    for (const client of clients) client.end('bye');
    const all = (await Promise.all(received)).map(({ data, end }) => `${end} ${data}`);
    t.same(all.toSorted(), ['fin bye', 'fin bye', 'reset ', 'reset ']);
  });

  t.test('what is half closed is cut as well', async (t) => {
    const silent = await tcpEndpoint(t, (socket) => socket.resume());
    const { listener } = await listenerFor(t, makePlane, 'TCP', [silent]);
    const client = await tcpClient(t, listener.port);
    client.end('that was all');
    await eventually('it has arrived', () => listener.counters().rxBytes === 12);
    await sleep(50);
    listener.update(draining([], atOnce));
    t.equal((await receiveAll(client)).end, 'reset');
    // A stream that was read to its end is not watched: it learns of the reset when it writes.
    for (const socket of silent.sockets) socket.write('is anybody there?');
    await eventually('its end is closed', () => silent.sockets.size === 0);
    t.same(listener.counters().failed, { drained: 1 });
  });

  t.test('reset after a time: what has not ended by then is cut', async (t) => {
    const [old, fresh] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const [staying, ending] = [await establish(t, listener), await establish(t, listener)];
    const leftMs = performance.now();
    listener.update(draining([fresh], { kind: 'reset', afterMs: 800 }));
    t.ok(await talks(staying), 'it goes on meanwhile');
    ending.end();
    t.equal((await receiveAll(ending)).end, 'fin');
    t.equal((await receiveAll(staying)).end, 'reset');
    t.ok(performance.now() - leftMs >= 790);
    t.same(listener.counters().failed, { drained: 1 });
  });

  t.test('an endpoint that comes back in time is not drained, also if it only rests then', async (t) => {
    const [old, fresh] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
    const drain: DrainPolicy = { kind: 'reset', afterMs: 500 };
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const client = await establish(t, listener);
    listener.update(draining([fresh], drain));
    listener.update(draining([fresh, old], drain));
    await sleep(700);
    t.ok(await talks(client));
    listener.update(draining([fresh], drain));
    listener.update(configOf([fresh], [], { drain, resting: [{ ...old }] }));
    await sleep(700);
    t.ok(await talks(client));
    const leftMs = performance.now();
    listener.update(draining([fresh], drain));
    t.equal((await receiveAll(client)).end, 'reset');
    t.ok(performance.now() - leftMs >= 490, 'the time begins anew');
  });

  t.test('another policy holds for endpoints that have left already, from when they left', async (t) => {
    const old = await tcpEndpoint(t, echo);
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const client = await establish(t, listener);
    listener.update(draining([], { kind: 'reset', afterMs: 500 }));
    listener.update(draining([], { kind: 'leave' }));
    await sleep(700);
    t.ok(await talks(client), 'leave, in time');
    listener.update(draining([], { kind: 'reset', afterMs: 60_000 }));
    t.ok(await talks(client));
    listener.update(draining([], { kind: 'reset', afterMs: 600 }));
    t.equal((await receiveAll(client)).end, 'reset', 'its time was over');
    t.same(listener.counters().failed, { drained: 1 });
  });

  t.test('a resting endpoint gets nobody new and keeps those it has', async (t) => {
    const [old, fresh] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, sayName('new'))];
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const client = await establish(t, listener);
    listener.update(configOf([fresh], [], { drain: atOnce, resting: [old] }));
    for (let count = 0; count < 3; count++) t.equal(String((await request(t, listener.port)).data), 'new');
    t.ok(await talks(client));
    listener.update(configOf([], [], { drain: atOnce, resting: [old, fresh] }));
    t.equal((await request(t, listener.port)).end, 'reset', 'nor where there is no other');
    t.ok(await talks(client));
    t.same(listener.counters().failed, { 'no-endpoints': 1 });
    listener.update(draining([fresh], atOnce));
    t.equal((await receiveAll(client)).end, 'reset');
  });

  t.test('a dial to an endpoint that leaves goes on to another one at once', async (t) => {
    const silent = await silentEndpoint(t);
    const live = await tcpEndpoint(t, sayName('live'));
    const slow = { dialTimeoutMs: 20_000, dialBudgetMs: 20_000 };
    const { listener } = await listenerFor(t, makePlane, 'TCP', [silent], slow);
    const startedMs = performance.now();
    const answers = [request(t, listener.port), request(t, listener.port)];
    await eventually('both are accepted', () => listener.counters().open === 2);
    listener.update(configOf([live]));
    for (const { data } of await Promise.all(answers)) t.equal(String(data), 'live');
    t.ok(performance.now() - startedMs < 10_000, 'nobody waited for the silent one');
    t.equal(failures(listener), 0);
  });

  t.test('a dial whose endpoint leaves without another one ends at once', async (t) => {
    const slow = { dialTimeoutMs: 20_000, dialBudgetMs: 20_000 };
    const { listener } = await listenerFor(t, makePlane, 'TCP', [await silentEndpoint(t)], slow);
    const client = connecting(t, listener.port);
    const received = receiveAll(client);
    await eventually('it is accepted', () => listener.counters().open === 1);
    listener.update(configOf([]));
    t.equal((await received).end, 'reset');
    t.same(listener.counters().failed, { 'no-endpoints': 1 }, 'nobody has refused it');
    await eventually('it is over', () => listener.counters().open === 0);
  });

  t.test('a drain goes on when its listener is closed, which hears of nothing any more', async (t) => {
    const [old, fresh] = [await tcpEndpoint(t, echo), await tcpEndpoint(t, echo)];
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old, fresh]);
    const [drained, staying] = [await establish(t, listener), await establish(t, listener)];
    listener.update(draining([fresh], { kind: 'reset', afterMs: 300 }));
    await listener.close();
    listener.update(draining([], atOnce));
    t.ok(await talks(drained), 'its time has not come');
    t.equal((await receiveAll(drained)).end, 'reset');
    t.ok(await talks(staying));
    t.same(listener.counters().failed, { drained: 1 });
  });

  t.test('shutdown does not wait for a drain', async (t) => {
    const { plane, listener } = await listenerFor(t, makePlane, 'TCP', [await tcpEndpoint(t, echo)]);
    const client = await establish(t, listener);
    listener.update(draining([], { kind: 'reset', afterMs: 60_000 }));
    await plane.close(0);
    t.equal((await receiveAll(client)).end, 'reset');
    t.same(listener.counters().failed, { shutdown: 1 });
  });

  t.test('UDP: a resting endpoint keeps its flows and gets no new ones', async (t) => {
    const [old, fresh] = [await udpEndpoint(t, () => 'old'), await udpEndpoint(t, () => 'new')];
    const { listener } = await listenerFor(t, makePlane, 'UDP', [old]);
    const [client, later] = [await udpSocket(t), await udpSocket(t)];
    t.equal(String((await client.ask('?', listener.port)).data), 'old');
    listener.update(configOf([fresh], [], { resting: [old] }));
    t.equal(String((await client.ask('?', listener.port)).data), 'old');
    t.equal(String((await later.ask('?', listener.port)).data), 'new');
    listener.update(configOf([], [], { resting: [old] }));
    t.equal(String((await client.ask('?', listener.port)).data), 'old', 'also where there is no other');
    later.send('lost', listener.port, '127.0.0.1');
    await eventually('no flow begins', () => listener.counters().failed['no-endpoints'] === 1);
    t.equal(listener.counters().failed['endpoint-gone'], 1, 'that of the endpoint that left is over');
    listener.update(configOf([fresh], [], { drain: { kind: 'leave' } }));
    t.equal(String((await client.ask('?', listener.port)).data), 'new', 'a flow whose endpoint left moves');
  });
}
