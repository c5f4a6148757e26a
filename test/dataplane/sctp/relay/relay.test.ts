// Listeners come and go: what becomes of their associations, of those of endpoints that leave, and of all at the end.
import t from 'tap';
import { data, types } from '../../../support/sctp-packets.js';
import { associate, FakeNetwork, initFrom } from './fake-network.js';

const ends = {
  client: '10.0.0.1',
  clientPort: 4000,
  local: '10.0.0.2',
  port: 10_000,
  clientTag: 0x1111,
  endpointTag: 0x2222,
};
const endpoints = [
  { ip: '10.0.1.1', port: 7 },
  { ip: '10.0.1.2', port: 7 },
];
const aborts = [
  {
    from: ends.local,
    to: ends.client,
    destinationPort: 4000,
    tag: ends.clientTag,
    chunks: [{ type: types.abort, flags: 0 }],
  },
  { to: '10.0.1.1', destinationPort: 7, tag: ends.endpointTag, chunks: [{ type: types.abort, flags: 0 }] },
];

t.test('at the end both sides of every association get an ABORT with their own tag', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  associate(network, ends);
  network.sent = [];
  network.relay.cut();
  t.match(network.sent, aborts);
  t.equal(network.sent.length, 2);
  t.match(listener.counters(), { open: 0, failed: { shutdown: 1 } });
  t.equal(network.totals().flows, 0);
});

t.test('after that, as after a crash, the client gets an ABORT at its next packet', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.relay.cut();
  t.match(association.fromClient([data('x')]), [
    { to: ends.client, tag: ends.endpointTag, chunks: [{ type: types.abort, flags: 1 }] },
  ]);
  t.same(association.fromEndpoint([data('x')]), [], 'and on the relay port there is silence');
});

t.test('associations of an endpoint that leaves go on, until they are to be cut', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const namesake = network.listen(10_001, endpoints);
  const association = associate(network, ends);
  const other = associate(network, { ...ends, clientPort: 4001 });
  const stranger = associate(network, { ...ends, port: 10_001 });
  network.sent = [];
  listener.update(endpoints.slice(1));
  t.same(network.sent, []);
  t.equal(association.fromClient([data('x')]).length, 1);
  t.match(initFrom(network, { ...ends, clientPort: 4002 }), [{ to: '10.0.1.2' }], 'nobody new gets it');
  network.sent = [];
  network.relay.cutEndpoints(listener.listener.id, endpoints.slice(0, 1));
  t.match(network.sent, aborts);
  t.equal(network.sent.length, 2);
  t.match(listener.counters(), { open: 1, failed: { drained: 1 } });
  t.equal(other.fromClient([data('x')]).length, 1, 'the other endpoint has not left');
  t.equal(stranger.fromClient([data('x')]).length, 1, 'nor has this one, as another Service’s');
  t.same(namesake.counters().failed, {});
  network.relay.cutEndpoints(listener.listener.id, endpoints.slice(0, 1));
  t.same(listener.counters().failed, { drained: 1 }, 'once');
});

t.test('associations are cut also after their listener was closed', async (t) => {
  const network = new FakeNetwork();
  const { listener, counters } = network.listen(10_000, endpoints);
  associate(network, ends);
  network.relay.close(listener);
  network.sent = [];
  network.relay.cutEndpoints(listener.id, endpoints);
  t.match(network.sent, aborts);
  t.same(counters().failed, { drained: 1 });
});

t.test('with session affinity all associations of a client go to one endpoint', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const affinityTimeoutMs = 60_000;
  listener.update(endpoints, { affinityTimeoutMs });
  let clientPort = 4000;
  const endpointOf = (client: string): string =>
    associate(network, { ...ends, client, clientPort: clientPort++ }).endpoint;
  const [one, two] = ['10.0.0.1', '10.0.0.3'];
  t.same([one, one, two, one, two].map(endpointOf), [
    '10.0.1.1',
    '10.0.1.1',
    '10.0.1.2',
    '10.0.1.1',
    '10.0.1.2',
  ]);
  listener.update(endpoints.slice(1), { affinityTimeoutMs, resting: endpoints.slice(0, 1) });
  t.equal(endpointOf(one), '10.0.1.2', 'nobody new gets one that rests');
  network.wait(affinityTimeoutMs);
  listener.update(endpoints, { affinityTimeoutMs });
  t.same([endpointOf(two), endpointOf(one)].toSorted(), ['10.0.1.1', '10.0.1.2'], 'away for too long');
});

t.test('associations of a listener that closes go on, and nobody else is answered there', async (t) => {
  const network = new FakeNetwork();
  const { listener, counters } = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const [halfOpen] = initFrom(network, { ...ends, clientPort: 4001 });
  t.ok(halfOpen);
  network.sent = [];
  network.relay.close(listener);
  t.match(network.sent, [{ to: ends.client, destinationPort: 4001, chunks: [{ type: types.abort }] }]);
  t.equal(association.fromClient([data('x')]).length, 1);
  t.equal(association.fromEndpoint([data('x')]).length, 1);
  t.same(initFrom(network, { ...ends, clientPort: 4002 }), []);
  t.same(network.relay.portsInUse('IPv4'), [10_000]);
  t.equal(counters().open, 1);
  association.fromEndpoint([Buffer.of(types.abort, 0, 0, 4)]);
  network.wait(3100);
  t.same(network.relay.portsInUse('IPv4'), [], 'and then the port is free');
});

t.test('a closing listener aborts its associations where that is the policy', async (t) => {
  const network = new FakeNetwork({ whenClosed: 'abort' });
  const { listener } = network.listen(10_000, endpoints);
  associate(network, ends);
  network.sent = [];
  network.relay.close(listener);
  t.match(network.sent, aborts);
});

t.test('a port is another one in each family, and none of the relay’s own', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  network.listen(10_000, [{ ip: 'fd00::1', port: 7 }], 'IPv6');
  t.throws(() => network.listen(10_000, endpoints), /has a listener already/);
  t.throws(() => network.listen(20_500, endpoints), /the relay's own/);
  const six = associate(network, { ...ends, client: 'fd00::c', local: 'fd00::2' }, 'fd00::9');
  t.equal(six.endpoint, 'fd00::1');
  t.match(six.fromEndpoint([data('x')]), [{ from: 'fd00::2', to: 'fd00::c' }]);
});

t.test('the relay waits for nothing when there is nothing to wait for', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  t.equal(network.relay.waitMs(), -1);
  initFrom(network, ends);
  t.ok(network.relay.waitMs() > 900);
});
