// What is the node data plane's own: a dial that is injected, and protocols it does not speak. And session affinity, as
// every data plane must have it.
import { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { createNodeDataPlane, type Dial } from '../../../lib/dataplane/node/data-plane.js';
import { ListenError } from '../../../lib/proxier/data-plane.js';
import { capturingLog } from '../capturing-log.js';
import { affinityTests } from '../conformance/affinity.js';
import { configOf, specOf } from '../conformance/plane.js';
import { request, tcpClient } from '../conformance/tcp-peers.js';
import { udpSocket } from '../conformance/udp-peers.js';
import { eventually } from '../conformance/waiting.js';
import { makeNodePlane } from './make-plane.js';

const endpoint = { ip: '127.0.0.1', port: 9 };

function planeWith(t: Test, dial: Dial) {
  const log = capturingLog();
  const newBalancer = () => listenerBalancer({ setAsideMs: 5000 });
  const plane = createNodeDataPlane({ newBalancer, maxConnections: 100, log, dial });
  t.teardown(() => plane.close(0));
  return { plane, log };
}

t.test('it says what it is, and that SCTP is none of its business', async (t) => {
  const { plane } = planeWith(t, () => new Socket());
  t.equal(plane.kind, 'node');
  const opening = plane.open(specOf('SCTP'), configOf([]), 0);
  const error = await opening.catch((reason: unknown) => reason);
  t.ok(error instanceof ListenError && error.reason === 'not-supported');
});

t.test('no descriptor left for a dial: the client is reset, the plane lives, one line says so', async (t) => {
  const { plane, log } = planeWith(t, () => {
    const socket = new Socket();
    socket.destroy(Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' }));
    return socket;
  });
  const listener = await plane.open(specOf('TCP'), configOf([endpoint]), 0);
  for (let round = 0; round < 3; round++) t.equal((await request(t, listener.port, 'x')).end, 'reset');
  t.equal(listener.counters().failed.dial, 3);
  t.equal(log.lines.length, 1);
  t.match(log.lines[0], {
    fields: { servicePortName: 'default/web:p', endpoint: '127.0.0.1:9', reason: 'dial' },
  });
});

t.test('shutdown does not wait for a dial that nobody answers', async (t) => {
  const sockets: Socket[] = [];
  const { plane } = planeWith(t, () => {
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  });
  const listener = await plane.open(specOf('TCP'), configOf([endpoint]), 0);
  await tcpClient(t, listener.port);
  await eventually('it is dialled', () => sockets.length === 1);
  await plane.close(0);
  t.ok(sockets[0]?.destroyed);
  t.same(listener.counters().failed, { shutdown: 1 });
});

t.test('a UDP endpoint that can not even be connected is tried and counted', async (t) => {
  const { plane, log } = planeWith(t, () => new Socket());
  const impossible = { ip: '127.0.0.1', port: 70_000 };
  const listener = await plane.open(specOf('UDP'), configOf([impossible]), 0);
  const client = await udpSocket(t);
  client.send('x', listener.port, '127.0.0.1');
  await eventually('it has failed', () => listener.counters().failed.dial === 1);
  t.same([...listener.counters().picks], []);
  t.equal(plane.totals().udpClients, 0);
  t.match(log.lines[0], {
    text: 'UDP endpoint can not be connected',
    fields: { servicePortName: 'default/web:p', endpoint: '127.0.0.1:70000' },
  });
});

t.test('the limit on descriptors caps connections at what listeners leave of it', async (t) => {
  const newBalancer = () => listenerBalancer({ setAsideMs: 5000 });
  const plane = createNodeDataPlane({ newBalancer, descriptorLimit: 1000, maxConnections: 400 });
  t.teardown(() => plane.close(0));
  const atFirst = plane.totals().maxConnections;
  const tcp = await plane.open(specOf('TCP', 'IPv4'), configOf([]), 0);
  const udp = await plane.open({ ...specOf('UDP', 'IPv4'), key: 'another' }, configOf([]), 0);
  t.equal(plane.totals().maxConnections, atFirst - 2, 'four descriptors, two a connection');
  await Promise.all([tcp.close(), udp.close()]);
  t.equal(plane.totals().maxConnections, atFirst);
  const capped = createNodeDataPlane({ newBalancer, descriptorLimit: 1000, maxConnections: 7 });
  t.equal(capped.totals().maxConnections, 7);
  await capped.close(0);
});

affinityTests(t, makeNodePlane);
