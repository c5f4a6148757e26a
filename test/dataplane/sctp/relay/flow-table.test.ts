// Bounds: never more flows than allowed, the oldest half-open one makes room, and old flows go by themselves.
import t from 'tap';
import { chunk, data, init, sctp, types } from '../../../support/sctp-packets.js';
import { associate, cookie, FakeNetwork, initFrom } from './fake-network.js';

const ends = {
  client: '10.0.0.1',
  clientPort: 4000,
  local: '10.0.0.2',
  port: 10_000,
  clientTag: 0x1111,
  endpointTag: 0x2222,
};
const endpoints = [{ ip: '10.0.1.1', port: 7 }];

t.test('a flood of INITs holds no more than the table takes, and others still come through', async (t) => {
  const network = new FakeNetwork({ maxHalfOpen: 100 });
  const listener = network.listen(10_000, endpoints);
  const before = associate(network, ends);
  for (let port = 1; port <= 1000; port++)
    initFrom(network, { ...ends, client: '10.9.9.9', clientPort: port });
  t.match(network.totals(), { halfOpen: 100, flows: 101, refusedOverload: 900 });
  t.equal(before.fromClient([data('x')]).length, 1, 'who was there before is undisturbed');
  const during = associate(network, { ...ends, clientPort: 4001 });
  t.equal(during.fromClient([data('x')]).length, 1, 'who comes now is served');
  t.match(listener.counters(), { opened: 2, open: 2, failed: { 'connection-limit': 901 } });
  t.ok(network.warnings.includes('the table of SCTP associations is full'));
});

t.test('a client that has sent its COOKIE ECHO is not the first to make room', async (t) => {
  const network = new FakeNetwork({ maxHalfOpen: 10 });
  const listener = network.listen(10_000, endpoints);
  const [sent] = initFrom(network, ends);
  const fromEndpoint = (made: Buffer) =>
    network.arrive({
      from: '10.0.1.1',
      to: '10.0.9.9',
      bytes: sctp(7, sent?.sourcePort ?? 0, ends.clientTag, [made]),
    });
  const strangers = (first: number) => {
    for (let port = first; port < first + 9; port++)
      initFrom(network, { ...ends, client: '10.9.9.9', clientPort: port });
  };
  fromEndpoint(init(ends.endpointTag, [cookie], types.initAck));
  strangers(1);
  const echo = sctp(4000, 10_000, ends.endpointTag, [chunk(types.cookieEcho)]);
  network.arrive({ from: ends.client, to: ends.local, bytes: echo });
  strangers(10);
  t.equal(fromEndpoint(chunk(types.cookieAck)).length, 1);
  t.match(listener.counters(), { opened: 1, open: 1 });
});

t.test(
  'when only live associations fill the table the client is refused with "out of resource"',
  async (t) => {
    const network = new FakeNetwork({ maxFlows: 2 });
    const listener = network.listen(10_000, endpoints);
    const first = associate(network, ends);
    associate(network, { ...ends, clientPort: 4001 });
    const [refused] = initFrom(network, { ...ends, clientPort: 4002, clientTag: 0x77 });
    t.match(refused, { to: ends.client, destinationPort: 4002, tag: 0x77 });
    t.same(refused?.chunks, [{ type: types.abort, flags: 0, body: Buffer.of(0, 4, 0, 4) }]);
    t.match(network.totals(), { flows: 2, refusedOverload: 1 });
    t.same(listener.counters().failed, { 'connection-limit': 1 });
    first.fromClient([chunk(types.abort)]);
    t.match(
      initFrom(network, { ...ends, clientPort: 4003 }),
      [{ to: '10.0.1.1' }],
      'one that has ended makes room before its time',
    );
  },
);

t.test(
  'a full table is warned of, whether it is full of live associations or of half-open ones',
  async (t) => {
    const network = new FakeNetwork({ maxFlows: 3 });
    network.listen(10_000, endpoints);
    const first = associate(network, ends);
    associate(network, { ...ends, clientPort: 4001 });
    initFrom(network, { ...ends, clientPort: 4002 });
    t.same(network.warnings, []);
    initFrom(network, { ...ends, clientPort: 4003 });
    t.match(network.totals(), { flows: 3, halfOpen: 1, refusedOverload: 1 });
    t.equal(network.warnings.length, 1, 'a half-open one had to go');
    first.fromClient([chunk(types.abort)]);
    initFrom(network, { ...ends, clientPort: 4004 });
    t.equal(network.warnings.length, 1, 'one that has ended is missed by nobody');
  },
);

t.test('an endpoint that has left before its association was up is not counted as picked', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [sent] = initFrom(network, ends);
  const port = sent?.sourcePort ?? 0;
  const others = endpoints.filter(({ ip }) => ip !== sent?.to);
  const answer = (made: Buffer) =>
    network.arrive({ from: sent?.to ?? '', to: '10.0.9.9', bytes: sctp(7, port, ends.clientTag, [made]) });
  answer(init(ends.endpointTag, [cookie], types.initAck));
  // The first place counts somebody else from now on.
  listener.update(others);
  const echo = sctp(ends.clientPort, 10_000, ends.endpointTag, [chunk(types.cookieEcho)]);
  network.arrive({ from: ends.client, to: ends.local, bytes: echo });
  answer(chunk(types.cookieAck));
  t.match(listener.counters(), { opened: 1, open: 1 }, 'it is served all the same');
  t.same(
    listener.picks().filter((picks) => picks > 0),
    [],
  );
});

t.test(
  'no relay port is used twice towards one endpoint; when all are in use the client is refused',
  async (t) => {
    const network = new FakeNetwork({ relayPorts: { first: 20_000, last: 20_003 } });
    network.listen(10_000, endpoints);
    const ports = [1, 2, 3, 4].map((client) => associate(network, { ...ends, clientPort: client }).relayPort);
    t.equal(new Set(ports).size, 4);
    t.match(initFrom(network, { ...ends, clientPort: 5 }), [
      { to: ends.client, chunks: [{ type: types.abort }] },
    ]);
    t.equal(network.totals().refusedOverload, 1);
  },
);

t.test('the same relay port serves associations with different endpoints', async (t) => {
  const network = new FakeNetwork({ relayPorts: { first: 20_000, last: 20_000 } });
  network.listen(10_000, [...endpoints, { ip: '10.0.1.2', port: 7 }]);
  const one = associate(network, ends);
  const two = associate(network, { ...ends, clientPort: 4001 });
  t.same([one.endpoint, two.endpoint], ['10.0.1.1', '10.0.1.2']);
  t.match(one.fromEndpoint([data('x')]), [{ destinationPort: 4000 }]);
  t.match(two.fromEndpoint([data('x')]), [{ destinationPort: 4001 }]);
});

t.test(
  'an association without a packet for an hour is forgotten; any packet starts the hour anew',
  async (t) => {
    const network = new FakeNetwork({ idleTimeoutMs: 10_000 });
    const listener = network.listen(10_000, endpoints);
    const association = associate(network, ends);
    network.wait(9000);
    association.fromEndpoint([data('x')]);
    network.wait(9000);
    t.equal(network.totals().flows, 1);
    network.wait(1100);
    t.equal(network.totals().flows, 0);
    t.match(listener.counters(), { open: 0 });
  },
);

t.test('nothing is left of 10,000 associations in turn', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  for (let turn = 0; turn < 10_000; turn++) {
    associate(network, { ...ends, clientPort: 1 + (turn % 60_000) }).fromClient([chunk(types.abort)]);
    network.sent = [];
    if (turn % 100 === 0) network.wait(100);
  }
  t.match(listener.counters(), { opened: 10_000, open: 0 });
  network.wait(3100);
  t.match(network.totals(), { flows: 0, halfOpen: 0, open: 0, refusedOverload: 0 });
});
