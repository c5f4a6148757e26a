// dataplane/conformance/tcp-dial.ts: which endpoint a connection gets, and what happens when one does not answer.
import type { Test } from 'tap';
import { hostPort } from '../../../lib/model/ip.js';
import { refusingTcpPort } from '../../support/refusing-port.js';
import { configOf, failures, listenerFor, type MakePlane } from './plane.js';
import { receiveAll, request, sayName, silentEndpoint, tcpClient, tcpEndpoint } from './tcp-peers.js';
import { eventually } from './waiting.js';

export function tcpDialTests(t: Test, makePlane: MakePlane): void {
  const named = (t: Test, ...names: string[]) =>
    Promise.all(names.map((name) => tcpEndpoint(t, sayName(name))));

  /** Who answers each of so many connections, one after the other. */
  async function answers(t: Test, port: number, connections: number): Promise<string> {
    let names = '';
    for (let number = 0; number < connections; number++) names += (await request(t, port)).data.toString();
    return names;
  }

  t.test('connections go round the endpoints in strict order', async (t) => {
    const endpoints = await named(t, 'a', 'b', 'c');
    const { listener } = await listenerFor(t, makePlane, 'TCP', endpoints);
    t.equal(await answers(t, listener.port, 7), 'abcabca');
    const picks = endpoints.map(({ ip, port }) => listener.counters().picks.get(hostPort(ip, port)));
    t.same(picks, [3, 2, 2]);
    const { count, sum, buckets } = listener.counters().dialSeconds;
    t.equal(count, 7);
    t.ok(sum > 0);
    t.equal(buckets.at(-1), 7, 'none took 5 s');
    t.same(
      buckets,
      buckets.toSorted((a, b) => a - b),
      'buckets are cumulative',
    );
  });

  t.test('one dead endpoint among live ones costs no client its answer', async (t) => {
    const [a, b] = await named(t, 'a', 'b');
    const { listener } = await listenerFor(
      t,
      makePlane,
      'TCP',
      [a, await refusingTcpPort(t), b].flatMap((e) => e ?? []),
    );
    const names = await answers(t, listener.port, 30);
    t.match(names, /^[ab]{30}$/);
    t.equal(failures(listener), 0);
  });

  t.test('every endpoint is tried before a client is given up', async (t) => {
    const dead = await Promise.all(Array.from({ length: 12 }, () => refusingTcpPort(t)));
    const [live] = await named(t, 'z');
    if (live === undefined) throw new Error('no endpoint');
    const { listener } = await listenerFor(t, makePlane, 'TCP', [...dead, live]);
    t.equal(await answers(t, listener.port, 20), 'z'.repeat(20));
    t.equal(listener.counters().picks.get(hostPort(live.ip, live.port)), 20);
  });

  t.test('when every endpoint refuses, the client is reset', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'TCP', [
      await refusingTcpPort(t),
      await refusingTcpPort(t),
    ]);
    t.same(await request(t, listener.port, 'hello'), { data: Buffer.alloc(0), end: 'reset' });
    t.equal(listener.counters().failed.dial, 1);
    await eventually('the connection is over', () => listener.counters().open === 0);
    t.equal(listener.counters().opened, 1);
  });

  t.test('without endpoints the client is reset', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'TCP', []);
    t.same(await request(t, listener.port, 'hello'), { data: Buffer.alloc(0), end: 'reset' });
    t.equal(listener.counters().failed['no-endpoints'], 1);
  });

  t.test('a silent endpoint costs one dial time, once, and delays nobody else', async (t) => {
    const [live] = await named(t, 'a');
    const { listener } = await listenerFor(
      t,
      makePlane,
      'TCP',
      [await silentEndpoint(t), live].flatMap((e) => e ?? []),
      { dialTimeoutMs: 700, dialBudgetMs: 5000 },
    );
    const startedMs = performance.now();
    const first = request(t, listener.port).then(
      ({ data }) => [data.toString(), performance.now() - startedMs] as const,
    );
    const others = await answers(t, listener.port, 1);
    t.ok(performance.now() - startedMs < 600, 'the next client did not wait for the first one');
    t.equal(others, 'a');
    const [name, tookMs] = await first;
    t.equal(name, 'a');
    t.ok(tookMs >= 690, `the first one waited out the silent endpoint: ${tookMs} ms`);
    const againMs = performance.now();
    t.equal(await answers(t, listener.port, 4), 'aaaa');
    t.ok(performance.now() - againMs < 600, 'the silent endpoint is set aside');
  });

  t.test('the budget ends all tries together', async (t) => {
    const many = await Promise.all([silentEndpoint(t), silentEndpoint(t), silentEndpoint(t)]);
    const { listener } = await listenerFor(t, makePlane, 'TCP', many, {
      dialTimeoutMs: 500,
      dialBudgetMs: 600,
    });
    const startedMs = performance.now();
    const { end } = await request(t, listener.port, 'hello');
    const tookMs = performance.now() - startedMs;
    t.equal(end, 'reset');
    t.ok(tookMs >= 590 && tookMs < 1400, `reset after the budget of 600 ms, not three times 500: ${tookMs}`);
    t.equal(listener.counters().failed['dial-timeout'], 1);
  });

  t.test('a client that resets while its endpoint is dialled is let go at once', async (t) => {
    const { listener, plane } = await listenerFor(t, makePlane, 'TCP', [await silentEndpoint(t)], {
      dialTimeoutMs: 20_000,
      dialBudgetMs: 20_000,
    });
    for (const text of ['', 'a request already']) {
      const client = await tcpClient(t, listener.port);
      await eventually('it is accepted', () => listener.counters().open === 1);
      if (text === '') client.resetAndDestroy();
      else client.write(text, () => client.resetAndDestroy());
      await eventually('it is let go', () => listener.counters().open === 0, 3000);
    }
    t.equal(listener.counters().failed['client-reset'], 2);
    t.equal(plane.totals().tcpConnections, 0);
  });

  t.test('what a client sends and ends while its endpoint is dialled is not lost', async (t) => {
    const collecting = await tcpEndpoint(t, (socket) => {
      void receiveAll(socket).then(({ data }) => socket.end(String(data.length)));
    });
    const { listener } = await listenerFor(t, makePlane, 'TCP', [await silentEndpoint(t), collecting], {
      dialTimeoutMs: 300,
    });
    const { data, end } = await request(t, listener.port, 'x'.repeat(300_000));
    t.equal(data.toString(), '300000');
    t.equal(end, 'fin');
  });

  t.test('new endpoints serve new connections; established streams stay where they are', async (t) => {
    const old = await tcpEndpoint(t, (socket) => socket.on('data', () => socket.write('old')));
    const [fresh] = await named(t, 'n');
    if (fresh === undefined) throw new Error('no endpoint');
    const { listener } = await listenerFor(t, makePlane, 'TCP', [old]);
    const established = await tcpClient(t, listener.port);
    established.write('?');
    await new Promise((resolve) => established.once('data', resolve));
    const port = listener.port;
    listener.update(configOf([fresh]));
    t.equal(await answers(t, port, 3), 'nnn');
    listener.update(configOf([]));
    t.equal((await request(t, port)).end, 'reset');
    listener.update(configOf([fresh]));
    t.equal(await answers(t, port, 3), 'nnn', 'back from zero endpoints');
    const reply = new Promise((resolve) => established.once('data', resolve));
    established.write('?');
    t.equal(String(await reply), 'old');
    t.equal(listener.port, port);
  });
}
