// Ports of a range are handed out once each and come back; without a range the kernel chooses.
import t from 'tap';
import { portAllocator } from '../../lib/proxier/port-allocator.js';

t.test('a range of one: the second taker gets none, a release makes it available again', async (t) => {
  const ports = portAllocator({ first: 7000, last: 7000 });
  t.equal(ports.take('TCP/IPv4'), 7000);
  t.equal(ports.take('TCP/IPv4'), undefined);
  t.equal(ports.take('UDP/IPv4'), 7000, 'one pool per protocol');
  ports.release('TCP/IPv4', 7000);
  t.equal(ports.take('TCP/IPv4'), 7000);
});

t.test('every port of a range is given once, and a freed one is used last', async (t) => {
  const ports = portAllocator({ first: 1000, last: 1099 });
  const given = Array.from({ length: 100 }, () => ports.take('TCP/IPv4'));
  t.equal(new Set(given).size, 100);
  t.ok(given.every((port) => port !== undefined && port >= 1000 && port <= 1099));
  t.equal(ports.take('TCP/IPv4'), undefined);
  for (const port of [1000, 1050]) ports.release('TCP/IPv4', port);
  t.equal(ports.take('TCP/IPv4'), 1000);
  ports.release('TCP/IPv4', 1000);
  t.equal(ports.take('TCP/IPv4'), 1050, "the one just freed may still be in somebody's conntrack");
});

t.test('a preferred port is given where it is free and inside the range', async (t) => {
  const ranged = portAllocator({ first: 1000, last: 1001 });
  t.equal(ranged.take('TCP/IPv4', 1001), 1001);
  t.equal(ranged.take('TCP/IPv4', 1001), 1000);
  ranged.release('TCP/IPv4', 1000);
  t.equal(ranged.take('TCP/IPv4', 9999), 1000);
  const any = portAllocator(undefined);
  t.equal(any.take('TCP/IPv4'), 0);
  t.equal(any.take('TCP/IPv4', 40_000), 40_000);
  t.equal(any.take('TCP/IPv4', 40_000), 0);
  any.taken('TCP/IPv4', 50_000);
  t.not(any.take('TCP/IPv4', 50_000), 50_000);
});

t.test("without a range, ports after the kernel's pick are tried until one is somebody else's", async (t) => {
  const ports = portAllocator(undefined);
  t.equal(ports.take('TCP/IPv4'), 0);
  ports.taken('TCP/IPv4', 40_001);
  t.equal(ports.take('TCP/IPv4'), 40_003, "every other one: the rest is left to others' connections");
  t.equal(ports.take('UDP/IPv4'), 0, 'one pool per protocol');
  t.equal(ports.take('TCP/IPv4'), 40_005);
  ports.busy('TCP/IPv4');
  t.equal(ports.take('TCP/IPv4'), 0);
  ports.taken('TCP/IPv4', 39_999);
  t.equal(ports.take('TCP/IPv4'), 40_007, 'our own are passed over');
});

t.test('there is no port after the last one', async (t) => {
  const ports = portAllocator(undefined);
  ports.taken('TCP/IPv4', 65_533);
  t.equal(ports.take('TCP/IPv4'), 65_535);
  t.equal(ports.take('TCP/IPv4'), 0);
});

t.test('of 10,000 listeners, opened 32 at once, the kernel searches a port for few', async (t) => {
  const ports = portAllocator(undefined);
  const open = new Set<number>();
  let searches = 0;
  while (open.size < 10_000) {
    const wanted = Array.from({ length: 32 }, () => ports.take('TCP/IPv4'));
    for (const port of wanted) {
      let got = port ?? 0;
      if (got === 0) {
        searches += 1;
        for (got = 32_769 + ((searches * 7919) % 28_000); open.has(got); got += 2);
        ports.taken('TCP/IPv4', got);
      }
      open.add(got);
    }
  }
  t.ok(searches < 300, `${searches} searches`);
});

t.test(
  'the relay’s ports are given to nobody for SCTP, preferred or not, and to anybody for TCP and UDP',
  async (t) => {
    const reserved = { first: 20_000, last: 20_009 };
    const inside = portAllocator({ first: 19_999, last: 20_010 }, reserved);
    const taken = [inside.take('SCTP/IPv4', 20_005), inside.take('SCTP/IPv4'), inside.take('SCTP/IPv4')];
    t.same(taken, [19_999, 20_010, undefined]);
    t.equal(inside.take('TCP/IPv4', 20_005), 20_005);
    const free = portAllocator(undefined, reserved);
    free.taken('SCTP/IPv6', 19_998);
    t.equal(free.take('SCTP/IPv6'), 20_010, 'the next ones would be the relay’s');
    t.equal(free.take('SCTP/IPv6', 20_009), 20_012);
    free.taken('UDP/IPv6', 19_998);
    t.equal(free.take('UDP/IPv6'), 20_000);
  },
);
