// A reset is noticed though nobody reads the socket; time is the test's.
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { createNodeDataPlane } from '../../../lib/dataplane/node/data-plane.js';
import { StallWatch } from '../../../lib/dataplane/node/stall-watch.js';
import { fakeClock } from '../../support/fake-clock.js';
import { configOf, specOf } from '../conformance/plane.js';
import { tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually, settledValue } from '../conformance/waiting.js';

/** A connection of which nobody reads the accepted side, with something to be read from it. */
async function unread(t: Test) {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => {
    socket.on('readable', () => {});
    accepted.push(socket);
  });
  const peer = await tcpClient(t, endpoint.port);
  peer.write('nobody takes this');
  await eventually('it has arrived', () => (accepted[0]?.readableLength ?? 0) > 0);
  const [socket] = accepted;
  if (socket === undefined) throw new Error('not accepted');
  const clock = fakeClock();
  return { peer, socket, clock, watch: new StallWatch(socket, clock) };
}

t.test('a stalled socket whose peer is there stays as it is; its peer hears nothing', async (t) => {
  const { peer, socket, clock, watch } = await unread(t);
  watch.stalled();
  watch.stalled();
  t.equal(clock.waiting(), 1, 'one timer, however often it stalls');
  await clock.advance(20_000);
  t.equal(socket.destroyed, false);
  t.equal(peer.bytesRead, 0);
  t.equal(clock.waiting(), 1, 'it is still watched');
  watch.close();
  t.equal(clock.waiting(), 0);
});

t.test('a reset of a stalled socket is told within the probe time', async (t) => {
  const { peer, socket, clock, watch } = await unread(t);
  peer.resetAndDestroy();
  watch.stalled();
  await clock.advance(4999);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(socket.destroyed, false, 'nobody knows yet');
  await clock.advance(1);
  await eventually('the reset is told', () => socket.destroyed);
  await clock.advance(5000);
  t.equal(clock.waiting(), 0, 'a dead socket is not watched');
});

t.test('a socket that is read again, or that has ended, is not written to', async (t) => {
  const { socket, clock, watch } = await unread(t);
  watch.stalled();
  socket.read();
  await clock.advance(5000);
  t.equal(clock.waiting(), 0, 'nothing waits to be taken');
  const other = await unread(t);
  other.socket.end();
  other.watch.stalled();
  await other.clock.advance(10_000);
  t.equal(other.socket.errored, null, 'no write after the end');
  other.watch.close();
});

t.test('a client that gives up on an endpoint that hangs is let go', async (t) => {
  const clock = fakeClock();
  const plane = createNodeDataPlane({ newBalancer: () => listenerBalancer({ setAsideMs: 5000 }), clock });
  t.teardown(async () => {
    const closing = plane.close(0);
    await clock.advance(0);
    await closing;
  });
  const endpoint = await tcpEndpoint(t, () => {});
  const listener = await plane.open(specOf('TCP'), configOf([endpoint]), 0);
  const client = await tcpClient(t, listener.port);
  client.write(Buffer.alloc(64 * 1024 * 1024));
  await eventually('bytes move', () => listener.counters().rxBytes > 0);
  await settledValue(() => listener.counters().rxBytes, 300);
  client.resetAndDestroy();
  await clock.advance(5000);
  await eventually('the connection is over', () => plane.totals().tcpConnections === 0);
  t.same(listener.counters().failed, { 'client-reset': 1 });
  t.equal(clock.waiting(), 0, 'no timer is left');
});
