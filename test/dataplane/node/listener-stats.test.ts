// The counters of one listener.
import t from 'tap';
import { ListenerStats } from '../../../lib/dataplane/node/listener-stats.js';
import { dialBucketsSeconds } from '../../../lib/proxier/data-plane.js';

t.test('a snapshot does not change any more', async (t) => {
  const stats = new ListenerStats();
  stats.pick({ ip: 'fd00::1', port: 80 });
  stats.fail('dial');
  const before = stats.snapshot();
  stats.pick({ ip: 'fd00::1', port: 80 });
  stats.fail('dial');
  stats.opened++;
  t.same([...before.picks], [['[fd00::1]:80', 1]]);
  t.same(before.failed, { dial: 1 });
  t.equal(before.opened, 0);
  t.same(stats.snapshot().failed, { dial: 2 });
});

t.test('dial times fall into cumulative buckets, the slowest into none', async (t) => {
  const stats = new ListenerStats();
  for (const seconds of [0.0001, 0.001, 0.0011, 4, 7]) stats.dialled(seconds);
  const { count, sum, buckets } = stats.snapshot().dialSeconds;
  t.equal(count, 5);
  t.ok(Math.abs(sum - 11.0022) < 1e-9);
  t.same(Object.fromEntries(dialBucketsSeconds.map((bound, place) => [bound, buckets[place]])), {
    0.0005: 1,
    0.001: 2,
    0.0025: 3,
    0.005: 3,
    0.01: 3,
    0.025: 3,
    0.05: 3,
    0.1: 3,
    0.25: 3,
    0.5: 3,
    1: 3,
    2.5: 3,
    5: 4,
  });
});

t.test('endpoints that left are forgotten once there are more than 1024 of them', async (t) => {
  const stats = new ListenerStats();
  const present = { ip: '10.0.0.1', port: 1 };
  for (let port = 1; port <= 1025; port++) stats.pick({ ip: '10.0.0.1', port });
  stats.forgetAllBut([present]);
  t.equal(stats.snapshot().picks.size, 1025);
  stats.pick({ ip: '10.0.0.2', port: 1 });
  stats.forgetAllBut([present]);
  t.same([...stats.snapshot().picks.keys()], ['10.0.0.1:1']);
});
