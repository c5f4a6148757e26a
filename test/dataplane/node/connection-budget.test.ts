// The cap on connections: what it refuses, and how often it says so.
import t from 'tap';
import { ConnectionBudget } from '../../../lib/dataplane/node/connection-budget.js';
import { sparseWarn } from '../../../lib/dataplane/sparse-log.js';
import { fakeClock } from '../../support/fake-clock.js';
import { capturingLog } from '../capturing-log.js';

t.test('TCP and UDP share the cap; one line is written for each episode', async (t) => {
  const clock = fakeClock();
  const log = capturingLog();
  const budget = new ConnectionBudget(() => 40, log, sparseWarn(log, clock));
  const takeAll = (): number => {
    let taken = 0;
    while (budget.take(taken % 2 === 0 ? 'tcp' : 'udp')) taken++;
    return taken;
  };
  t.equal(takeAll(), 40);
  t.equal(budget.take('udp'), false);
  t.same(budget.totals(), { tcpConnections: 20, udpClients: 20, maxConnections: 40 });
  budget.release('tcp');
  t.equal(budget.take('tcp'), true, 'recovers by itself');
  t.equal(budget.take('tcp'), false);
  t.equal(log.lines.length, 1, 'still the same episode');
  for (let count = 0; count < 5; count++) budget.release('udp');
  await clock.advance(60_000);
  t.equal(takeAll(), 5);
  t.equal(log.lines.length, 2, 'another one');
  t.match(log.lines[1], { fields: { maxConnections: 40 } });
});

t.test('UDP takes no more than half of the cap, TCP all of it', async (t) => {
  const budget = new ConnectionBudget(
    () => 10,
    capturingLog(),
    () => {},
  );
  const takeAll = (kind: 'tcp' | 'udp'): number => {
    let taken = 0;
    while (budget.take(kind)) taken++;
    return taken;
  };
  t.equal(takeAll('udp'), 5);
  t.equal(takeAll('tcp'), 5);
  for (let count = 0; count < 5; count++) budget.release('udp');
  t.equal(takeAll('tcp'), 5);
});
