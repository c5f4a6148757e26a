// Clients come, fall silent and are forgotten; time is the test's.
import t, { type Test } from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { ConnectionBudget } from '../../../lib/dataplane/node/connection-budget.js';
import { ListenerStats } from '../../../lib/dataplane/node/listener-stats.js';
import { UdpClientTable } from '../../../lib/dataplane/node/udp-client-table.js';
import { silentLog } from '../../../lib/proxier/log.js';
import { fakeClock } from '../../support/fake-clock.js';
import { udpEcho } from '../conformance/udp-peers.js';
import { eventually } from '../conformance/waiting.js';

/** A table with one echo endpoint and an idle time of 1000 ms; `replies` as `client text`. */
async function tableOf(t: Test) {
  const clock = fakeClock();
  const stats = new ListenerStats();
  const balancer = listenerBalancer({ setAsideMs: 5000 });
  balancer.update({ endpoints: [await udpEcho(t)], resting: [] });
  const budget = new ConnectionBudget(
    () => 6,
    silentLog,
    () => {},
  );
  const replies: string[] = [];
  const context = {
    balancer,
    stats,
    budget,
    clock,
    warn: () => {},
    idleTimeoutMs: 1000,
    bufferBytes: 65_536,
  };
  const table = new UdpClientTable({ ...context, generation: () => 0 }, (datagram, address, port) =>
    replies.push(`${address}:${port} ${datagram}`),
  );
  t.teardown(() => table.drop('shutdown'));
  return { table, clock, stats, replies, budget };
}

t.test('a silent client is forgotten after its idle time, at most a quarter late', async (t) => {
  const { table, clock, stats, replies } = await tableOf(t);
  table.receive(Buffer.from('a'), '10.0.0.1', 1000);
  table.receive(Buffer.from('b'), '10.0.0.1', 2000);
  await eventually('both are answered', () => replies.length === 2);
  t.same(replies.toSorted(), ['10.0.0.1:1000 a', '10.0.0.1:2000 b']);
  await clock.advance(700);
  table.receive(Buffer.from('c'), '10.0.0.1', 2000);
  await eventually('it is answered', () => replies.length === 3);
  await clock.advance(299);
  t.equal(stats.open, 2, 'nobody before his time');
  await clock.advance(251);
  t.equal(stats.open, 1, 'the first one is gone after 1250 ms');
  await clock.advance(449);
  t.equal(stats.open, 1, 'the second one has spoken at 700 ms');
  await clock.advance(251);
  t.equal(stats.open, 0);
  t.equal(clock.waiting(), 0, 'no client, no timer');
  t.same(stats.snapshot().failed, {});
});

t.test('one timer serves all clients', async (t) => {
  const { table, clock, stats } = await tableOf(t);
  for (let port = 1; port <= 3; port++) table.receive(Buffer.from('x'), '10.0.0.1', port);
  t.equal(stats.open, 3);
  t.equal(clock.waiting(), 1);
});

t.test('what is over the cap is dropped and counted, a datagram from port 0 is not even that', async (t) => {
  const { table, stats, budget } = await tableOf(t);
  for (let port = 0; port <= 5; port++) table.receive(Buffer.from('x'), '10.0.0.1', port);
  t.equal(stats.opened, 3);
  t.same(stats.snapshot().failed, { 'connection-limit': 2 });
  table.drop('shutdown');
  t.same(stats.snapshot().failed, { 'connection-limit': 2, shutdown: 3 });
  t.equal(budget.totals().udpClients, 0);
});
