// dataplane/conformance/listening.ts: ports, families, the cap on connections, and the way everything ends.
import type { Test } from 'tap';
import { ListenError, type Listener } from '../../../lib/proxier/data-plane.js';
import { configOf, failures, listenerFor, type MakePlane, planeFor, specOf } from './plane.js';
import { echo, receive, receiveAll, request, sayName, tcpClient, tcpEndpoint } from './tcp-peers.js';
import { udpEcho, udpSocket } from './udp-peers.js';
import { eventually, openDescriptors } from './waiting.js';

export function listeningTests(t: Test, makePlane: MakePlane): void {
  t.test('a port that is held can not be opened again, by us or by another, TCP and UDP alike', async (t) => {
    const plane = planeFor(t, makePlane);
    for (const protocol of ['TCP', 'UDP'] as const) {
      const first = await plane.open(specOf(protocol), configOf([]), 0);
      const again = plane.open(specOf(protocol, 'IPv4', 'other'), configOf([]), first.port);
      t.equal(await refusal(again), 'port-in-use', `${protocol}, same plane`);
      const elsewhere = planeFor(t, makePlane).open(specOf(protocol), configOf([]), first.port);
      t.equal(await refusal(elsewhere), 'port-in-use', `${protocol}, another plane`);
      const port = first.port;
      await first.close();
      const reopened = await plane.open(specOf(protocol), configOf([]), port);
      t.equal(reopened.port, port, `${protocol}: free again after close`);
    }
  });

  t.test('a UDP port that a stranger holds on one address, ready to share, is in use', async (t) => {
    const plane = planeFor(t, makePlane);
    const stranger = await udpSocket(t, { reuseAddr: true });
    const opening = plane.open(specOf('UDP'), configOf([]), stranger.address().port);
    t.equal(await refusal(opening), 'port-in-use');
  });

  t.test('two openings of one fixed UDP port at the same time: one gets it', async (t) => {
    const plane = planeFor(t, makePlane);
    const found = await plane.open(specOf('UDP'), configOf([]), 0);
    const { port } = found;
    await found.close();
    const both = await Promise.allSettled([
      plane.open(specOf('UDP', 'IPv4', 'one'), configOf([]), port),
      plane.open(specOf('UDP', 'IPv4', 'two'), configOf([]), port),
    ]);
    t.same(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  });

  t.test('TCP and UDP, IPv4 and IPv6 may share one port number', async (t) => {
    const plane = planeFor(t, makePlane);
    const tcp = await tcpEndpoint(t, sayName('tcp'));
    const tcp6 = await tcpEndpoint(t, sayName('tcp6'), '::1');
    const first = await plane.open(specOf('TCP'), configOf([tcp]), 0);
    const { port } = first;
    await plane.open(specOf('TCP', 'IPv6'), configOf([tcp6]), port);
    await plane.open(specOf('UDP'), configOf([await udpEcho(t)]), port);
    await plane.open(specOf('UDP', 'IPv6'), configOf([await udpEcho(t, '::1')]), port);
    t.equal((await request(t, port)).data.toString(), 'tcp');
    t.equal((await request(t, port, '', '::1')).data.toString(), 'tcp6');
    t.equal(
      (await request(t, port, '', '127.0.0.5')).data.toString(),
      'tcp',
      'every local address is served',
    );
    for (const ip of ['127.0.0.1', '::1']) {
      const client = await udpSocket(t, { ip });
      t.equal((await client.ask('hi', port)).data.toString(), 'hi', ip);
    }
  });

  t.test('the same key can not be opened twice, and can again after close', async (t) => {
    const plane = planeFor(t, makePlane);
    const first = await plane.open(specOf('TCP'), configOf([]), 0);
    t.equal(await refusal(plane.open(specOf('TCP'), configOf([]), 0)), 'other');
    await Promise.all([first.close(), first.close()]);
    await plane.open(specOf('TCP'), configOf([]), 0);
  });

  t.test('a closed listener refuses new connections and leaves established ones alone', async (t) => {
    const { listener } = await listenerFor(t, makePlane, 'TCP', [await tcpEndpoint(t, echo)]);
    const client = await tcpClient(t, listener.port);
    client.write('one');
    await receive(client, 3);
    await listener.close();
    await t.rejects(tcpClient(t, listener.port), { code: 'ECONNREFUSED' });
    client.write('two');
    t.equal(String(await receive(client, 3)), 'two');
    client.end();
    t.equal((await receiveAll(client)).end, 'fin');
    await eventually('the connection is over', () => listener.counters().open === 0);
    t.equal(failures(listener), 0);
  });

  t.test('at the cap new connections are reset, and accepted again when others have ended', async (t) => {
    const { plane, listener } = await listenerFor(t, makePlane, 'TCP', [await tcpEndpoint(t, echo)], {
      maxConnections: 5,
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => tcpClient(t, listener.port)));
    await eventually('all are accepted', () => plane.totals().tcpConnections === 5);
    t.equal((await request(t, listener.port, 'hello')).end, 'reset');
    t.equal((await request(t, listener.port, 'hello')).end, 'reset');
    t.same(listener.counters().failed, { 'connection-limit': 2 });
    t.same(plane.totals(), { tcpConnections: 5, udpClients: 0, maxConnections: 5 });
    for (const client of clients) {
      client.end('bye');
      t.equal(String((await receiveAll(client)).data), 'bye', 'those that were there are served');
    }
    await eventually('all are over', () => plane.totals().tcpConnections === 0);
    t.equal((await request(t, listener.port, 'hello')).end, 'fin');
    t.equal(listener.counters().opened, 8);
  });

  t.test('TCP connections and UDP clients share the cap, of which UDP gets half', async (t) => {
    const plane = planeFor(t, makePlane, { maxConnections: 4 });
    // Two listeners: a data plane with several threads may have them in different ones.
    const udp = await plane.open(specOf('UDP'), configOf([await udpEcho(t)]), 0);
    const otherUdp = await plane.open(specOf('UDP', 'IPv4', 'other'), configOf([await udpEcho(t)]), 0);
    const tcp = await plane.open(specOf('TCP'), configOf([await tcpEndpoint(t, echo)]), 0);
    const [one, two, three] = [await udpSocket(t), await udpSocket(t), await udpSocket(t)];
    await one.ask('x', udp.port);
    await two.ask('x', otherUdp.port);
    t.same(plane.totals(), { tcpConnections: 0, udpClients: 2, maxConnections: 4 });
    for (const listener of [udp, otherUdp]) {
      three.send('x', listener.port, '127.0.0.1');
      await eventually('the third is refused', () => listener.counters().failed['connection-limit'] === 1);
    }
    await Promise.all([tcpClient(t, tcp.port), tcpClient(t, tcp.port)]);
    await eventually('both are accepted', () => plane.totals().tcpConnections === 2);
    t.equal((await request(t, tcp.port)).end, 'reset');
    t.equal(String((await one.ask('again', udp.port)).data), 'again');
    await Promise.all([udp.close(), otherUdp.close()]);
    await Promise.all([tcpClient(t, tcp.port), tcpClient(t, tcp.port)]);
    await eventually('TCP gets what UDP gave up', () => plane.totals().tcpConnections === 4);
    t.equal((await request(t, tcp.port)).end, 'reset');
  });

  t.test('thousands of connections and clients leave no descriptor behind', async (t) => {
    const plane = planeFor(t, makePlane, { udpIdleTimeoutMs: 200 });
    const tcp = await plane.open(specOf('TCP'), configOf([await tcpEndpoint(t, sayName('x'))]), 0);
    const reset = await plane.open(specOf('TCP', 'IPv4', 'reset'), configOf([]), 0);
    const udp = await plane.open(specOf('UDP'), configOf([await udpEcho(t)]), 0);
    // A client may be given the port of one that has just gone: to the plane it is the same client then.
    const clientPorts = new Set<number>();
    const quiet = (): boolean => plane.totals().tcpConnections + plane.totals().udpClients === 0;
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        const many = Array.from({ length: 25 }, () => request(t, tcp.port));
        const refused = Array.from({ length: 5 }, () => request(t, reset.port));
        const client = await udpSocket(t);
        await client.ask('x', udp.port);
        clientPorts.add(client.address().port);
        client.close();
        await Promise.all([...many, ...refused]);
      }
      await eventually('everything has ended', quiet);
    };
    await rounds(4);
    const before = openDescriptors();
    await rounds(100);
    await eventually('the descriptors are back', () => openDescriptors() <= before + 3);
    t.equal(tcp.counters().opened, 104 * 25);
    t.equal(failures(tcp), 0);
    t.equal(reset.counters().failed['no-endpoints'], 104 * 5);
    t.ok(udp.counters().opened >= clientPorts.size && udp.counters().opened <= 104);
  });

  t.test('shutdown lets connections end within the grace period', async (t) => {
    const plane = makePlane();
    const listener = await plane.open(specOf('TCP'), configOf([await tcpEndpoint(t, echo)]), 0);
    const client = await tcpClient(t, listener.port);
    client.write('one');
    await receive(client, 3);
    const closing = plane.close(20_000);
    t.equal(plane.close(0), closing, 'a second close is the same one');
    await t.rejects(tcpClient(t, listener.port), { code: 'ECONNREFUSED' });
    t.equal(await refusal(plane.open(specOf('UDP'), configOf([]), 0)), 'other');
    client.end('two');
    t.same(await receiveAll(client), { data: Buffer.from('two'), end: 'fin' });
    await closing;
    t.equal(failures(listener), 0);
  });

  t.test('shutdown resets what is left after the grace period', async (t) => {
    const before = openDescriptors();
    const plane = makePlane();
    const endpoint = await tcpEndpoint(t, echo);
    const tcp = await plane.open(specOf('TCP'), configOf([endpoint]), 0);
    const udp = await plane.open(specOf('UDP'), configOf([await udpEcho(t)]), 0);
    const client = await tcpClient(t, tcp.port);
    client.write('one');
    await receive(client, 3);
    await (await udpSocket(t)).ask('x', udp.port);
    const received = receiveAll(client);
    const startedMs = performance.now();
    await plane.close(300);
    t.ok(performance.now() - startedMs >= 290);
    t.equal((await received).end, 'reset');
    t.same(tcp.counters().failed, { shutdown: 1 });
    t.same(udp.counters().failed, { shutdown: 1 });
    t.same(plane.totals(), { ...plane.totals(), tcpConnections: 0, udpClients: 0 });
    await eventually('both ends are closed', () => endpoint.sockets.size === 0);
    // The test's own endpoint servers and its UDP client are still there.
    t.ok(openDescriptors() <= before + 3, 'no socket of the plane is left');
  });
}

/** Why a listener was not opened. */
async function refusal(opening: Promise<Listener>): Promise<ListenError['reason']> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof ListenError) return error.reason;
    throw error;
  }
  throw new Error('it was opened');
}
