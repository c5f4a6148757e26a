// dataplane/conformance/udp.ts: each client has its flow, replies come from where they should, and flows move.
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { hostPort } from '../../../lib/model/ip.js';
import type { Listener } from '../../../lib/proxier/data-plane.js';
import { refusingUdpPort } from '../../support/refusing-port.js';
import { configOf, failures, listenerFor, type MakePlane, planeFor, specOf } from './plane.js';
import { udpEcho, udpEndpoint, udpSocket } from './udp-peers.js';
import { eventually, within } from './waiting.js';

export function udpTests(t: Test, makePlane: MakePlane): void {
  t.test('a datagram comes back from an echo, from the address it was sent to', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'UDP', [await udpEcho(t)]);
    const client = await udpSocket(t);
    const { data, from } = await client.ask('hello', listener.port);
    t.equal(String(data), 'hello');
    t.equal(hostPort(from.address, from.port), `127.0.0.1:${listener.port}`);
    t.equal(listener.counters().rxBytes, 5);
    t.equal(listener.counters().txBytes, 5);
    t.equal(listener.counters().open, 1);
  });

  t.test('datagrams of every size arrive whole, both ways', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'UDP', [await udpEcho(t)]);
    const client = await udpSocket(t);
    for (const size of [0, 1, 1472, 4097, 8192, 65_507]) {
      const datagram = randomBytes(size);
      t.same((await client.ask(datagram, listener.port)).data, datagram, `${size} bytes`);
    }
  });

  t.test('a burst that comes before the endpoint is connected is not lost', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'UDP', [await udpEcho(t)]);
    const client = await udpSocket(t);
    const answers: string[] = [];
    client.on('message', (datagram) => answers.push(String(datagram)));
    for (let number = 0; number < 20; number++) client.send(String(number), listener.port, '127.0.0.1');
    await eventually('all are answered', () => answers.length === 20);
    t.same(
      answers,
      Array.from({ length: 20 }, (_, number) => String(number)),
      'in their order',
    );
  });

  t.test('each client keeps its endpoint; clients go round the endpoints', async (t) => {
    const endpoints = await Promise.all(['a', 'b', 'c'].map((name) => udpEndpoint(t, () => name)));
    const { listener } = await listenerFor(t, makePlane, 'UDP', endpoints);
    let first = '';
    const clients = [];
    for (let number = 0; number < 6; number++) {
      const client = await udpSocket(t);
      clients.push(client);
      first += String((await client.ask('?', listener.port)).data);
    }
    t.equal(first, 'abcabc');
    let second = '';
    for (const client of clients) second += String((await client.ask('?', listener.port)).data);
    t.equal(second, first);
    t.same([...listener.counters().picks.values()], [2, 2, 2]);
    t.equal(listener.counters().opened, 6);
  });

  t.test('a client that falls silent is forgotten, one that speaks is not', async (t) => {
    const endpoint = await udpEcho(t);
    const { plane, listener } = await listenerFor(t, makePlane, 'UDP', [endpoint], { udpIdleTimeoutMs: 400 });
    const client = await udpSocket(t);
    for (let round = 0; round < 12; round++) {
      await client.ask('x', listener.port);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    t.equal(endpoint.clients.size, 1, 'one flow all the time, which is longer than it may be silent');
    await eventually('the entry is gone', () => listener.counters().open === 0, 3000);
    t.equal(plane.totals().udpClients, 0);
    t.equal(failures(listener), 0);
    await client.ask('x', listener.port);
    t.equal(listener.counters().opened, 2);
  });

  t.test('replies keep a client alive too', async (t) => {
    const endpoint = await udpSocket(t);
    const address = { ip: '127.0.0.1', port: endpoint.address().port };
    const { listener } = await listenerFor(t, makePlane, 'UDP', [address], { udpIdleTimeoutMs: 400 });
    const client = await udpSocket(t);
    const subscribed = endpoint.next();
    client.send('subscribe', listener.port, '127.0.0.1');
    const { from } = await subscribed;
    // Together longer than a client may be silent, each far shorter: the machine may hold us up for a while.
    for (let round = 0; round < 12; round++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const reply = client.next();
      endpoint.send(String(round), from.port, from.address);
      t.equal(String((await reply).data), String(round));
    }
    t.equal(listener.counters().opened, 1);
  });

  t.test('a flow whose endpoint left moves with its next datagram', async (t) => {
    const [old, fresh] = [await udpEndpoint(t, () => 'old'), await udpEndpoint(t, () => 'new')];
    const { listener } = await listenerFor(t, makePlane, 'UDP', [old]);
    const client = await udpSocket(t);
    t.equal(String((await client.ask('?', listener.port)).data), 'old');
    listener.update(configOf([old, fresh]));
    t.equal(String((await client.ask('?', listener.port)).data), 'old', 'its endpoint is still there');
    listener.update(configOf([fresh]));
    t.equal(String((await client.ask('?', listener.port)).data), 'new');
    t.equal(listener.counters().open, 1);
  });

  t.test(
    'to zero endpoints flows stop and datagrams are counted; back from zero they are served',
    async (t) => {
      const endpoint = await udpEcho(t);
      const { plane, listener } = await listenerFor(t, makePlane, 'UDP', [endpoint]);
      const client = await udpSocket(t);
      await client.ask('x', listener.port);
      listener.update(configOf([]));
      t.equal(plane.totals().udpClients, 0);
      t.equal(listener.counters().failed['endpoint-gone'], 1);
      for (let number = 0; number < 3; number++) client.send('lost', listener.port, '127.0.0.1');
      await eventually('three are counted', () => listener.counters().failed['no-endpoints'] === 3);
      listener.update(configOf([endpoint]));
      t.equal(String((await client.ask('found', listener.port)).data), 'found');
      t.ok(addsUp(listener));
    },
  );

  t.test('an endpoint that refuses is set aside, and the next datagram goes elsewhere', async (t) => {
    const live = await udpEcho(t);
    const { listener } = await listenerFor(t, makePlane, 'UDP', [await refusingUdpPort(t), live]);
    const client = await udpSocket(t);
    client.send('lost', listener.port, '127.0.0.1');
    await eventually('the refusal is noticed', () => listener.counters().failed['endpoint-reset'] === 1);
    t.equal(String((await client.ask('one', listener.port)).data), 'one');
    for (let number = 0; number < 4; number++) {
      const other = await udpSocket(t);
      t.equal(String((await other.ask('x', listener.port)).data), 'x', 'nobody else meets the dead one');
    }
    t.ok(addsUp(listener));
  });

  t.test('a burst to an endpoint that refuses loses no more than its first datagram', async (t) => {
    const live = await udpEcho(t);
    const { listener } = await listenerFor(t, makePlane, 'UDP', [await refusingUdpPort(t), live]);
    const client = await udpSocket(t);
    const answers: string[] = [];
    client.on('message', (datagram) => answers.push(String(datagram)));
    for (const text of ['a', 'b', 'c', 'd']) client.send(text, listener.port, '127.0.0.1');
    await eventually('the others are answered', () => answers.length >= 3);
    t.same(answers.toSorted(), ['b', 'c', 'd']);
  });

  t.test('an endpoint that came back after a refusal is used again', async (t) => {
    const dead = await refusingUdpPort(t);
    const { listener } = await listenerFor(t, makePlane, 'UDP', [dead]);
    const client = await udpSocket(t);
    client.send('lost', listener.port, '127.0.0.1');
    await eventually('the refusal is noticed', () => listener.counters().failed['endpoint-reset'] === 1);
    await dead.free();
    await udpEndpoint(t, () => 'back', dead.ip, dead.port);
    t.equal(String((await client.ask('?', listener.port)).data), 'back');
  });

  t.test('a reply leaves from the address that the request was sent to', async (t) => {
    const endpoint = await udpEcho(t);
    const { listener } = await listenerFor(t, makePlane, 'UDP', [endpoint]);
    listener.update(configOf([endpoint], ['127.0.0.2', '127.0.0.3']));
    const client = await udpSocket(t);
    const source = async (ip: string): Promise<string> =>
      (await client.ask('x', listener.port, ip)).from.address;
    // The sockets are bound a moment after update().
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const ip of ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.1']) t.equal(await source(ip), ip);
    t.equal(endpoint.clients.size, 3, 'a flow for each pair of addresses');
    listener.update(configOf([endpoint], ['127.0.0.3']));
    await eventually('the flow of the address that left is gone', () => listener.counters().open === 2);
    t.equal(await source('127.0.0.3'), '127.0.0.3');
    const plane = planeFor(t, makePlane);
    const opened = await plane.open(specOf('UDP'), configOf([endpoint], ['127.0.0.4']), 0);
    t.equal(
      (await client.ask('x', opened.port, '127.0.0.4')).from.address,
      '127.0.0.4',
      'at once after open()',
    );
  });

  t.test('IPv6 clients are served and answered from ::1', async (t) => {
    const plane = planeFor(t, makePlane);
    const listener = await plane.open(specOf('UDP', 'IPv6'), configOf([await udpEcho(t, '::1')]), 0);
    const client = await udpSocket(t, { ip: '::1' });
    const { data, from } = await client.ask(randomBytes(65_507), listener.port);
    t.equal(data.length, 65_507);
    t.equal(from.address, '::1');
  });

  t.test('a closed listener is deaf: its port answers with ICMP, its flows are gone', async (t) => {
    const { plane, listener } = await listenerFor(t, makePlane, 'UDP', [await udpEcho(t)]);
    const client = await udpSocket(t);
    await client.ask('x', listener.port);
    await listener.close();
    t.equal(plane.totals().udpClients, 0);
    client.connect(listener.port, '127.0.0.1');
    await new Promise((resolve) => client.once('connect', resolve));
    const refused = new Promise<Error>((resolve) => client.once('error', resolve));
    client.send('x');
    t.match(await within('an ICMP refusal', refused), { code: 'ECONNREFUSED' });
    listener.update(configOf([]));
    await listener.close();
    t.ok(addsUp(listener));
  });
}

/** opened = open + what failed, where no flow ended by idleness. */
function addsUp(listener: Listener): boolean {
  const { opened, open } = listener.counters();
  return opened === open + failures(listener, ['no-endpoints', 'connection-limit']);
}
