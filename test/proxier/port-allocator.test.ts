// Ports of a range are handed out once each and come back; without a range the kernel chooses.
import t from 'tap';
import { portAllocator } from '../../lib/proxier/port-allocator.js';

t.test('a range of one: the second taker gets none, a release makes it available again', async (t) => {
  const ports = portAllocator({ first: 7000, last: 7000 });
  t.equal(ports.take('TCP'), 7000);
  t.equal(ports.take('TCP'), undefined);
  t.equal(ports.take('UDP'), 7000, 'one pool per protocol');
  ports.release('TCP', 7000);
  t.equal(ports.take('TCP'), 7000);
});

t.test('every port of a range is given once, and a freed one is used last', async (t) => {
  const ports = portAllocator({ first: 1000, last: 1099 });
  const given = Array.from({ length: 100 }, () => ports.take('TCP'));
  t.equal(new Set(given).size, 100);
  t.ok(given.every((port) => port !== undefined && port >= 1000 && port <= 1099));
  t.equal(ports.take('TCP'), undefined);
  for (const port of [1000, 1050]) ports.release('TCP', port);
  t.equal(ports.take('TCP'), 1000);
  ports.release('TCP', 1000);
  t.equal(ports.take('TCP'), 1050, "the one just freed may still be in somebody's conntrack");
});

t.test('a preferred port is given where it is free and inside the range', async (t) => {
  const ranged = portAllocator({ first: 1000, last: 1001 });
  t.equal(ranged.take('TCP', 1001), 1001);
  t.equal(ranged.take('TCP', 1001), 1000);
  ranged.release('TCP', 1000);
  t.equal(ranged.take('TCP', 9999), 1000);
  const any = portAllocator(undefined);
  t.equal(any.take('TCP'), 0);
  t.equal(any.take('TCP', 40_000), 40_000);
  t.equal(any.take('TCP', 40_000), 0);
  any.taken('TCP', 50_000);
  t.equal(any.take('TCP', 50_000), 0);
});
