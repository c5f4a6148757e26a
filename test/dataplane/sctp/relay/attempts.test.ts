// The search for an endpoint: the next one on ABORT, on ICMP, on silence, each from a fresh relay port; ABORT to the client
// when none is left.
import t from 'tap';
import { chunk, init, sctp, types } from '../../../support/sctp-packets.js';
import { associate, cookie, FakeNetwork, initFrom, type Sent } from './fake-network.js';
import { fragmentationNeededFor, unreachableFor } from './icmp-messages.js';

const ends = {
  client: '10.0.0.1',
  clientPort: 4000,
  local: '10.0.0.2',
  port: 10_000,
  clientTag: 0x1111,
  endpointTag: 0x2222,
};
const endpoints = ['10.0.1.1', '10.0.1.2', '10.0.1.3'].map((ip) => ({ ip, port: 7 }));

const answerTo = (network: FakeNetwork, sent: Sent | undefined, tag: number, chunks: readonly Buffer[]) =>
  network.arrive({
    from: sent?.to ?? '',
    to: '10.0.9.9',
    bytes: sctp(sent?.destinationPort ?? 0, sent?.sourcePort ?? 0, tag, chunks),
  });

t.test('an endpoint that answers the INIT with an ABORT is passed over', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  const [second] = answerTo(network, first, ends.clientTag, [chunk(types.abort)]);
  t.match(second, { to: '10.0.1.2', tag: 0, chunks: [{ type: types.init }] });
  t.not(second?.sourcePort, first?.sourcePort, 'from a fresh relay port');
  const [third] = answerTo(network, second, 0, [chunk(types.abort, Buffer.alloc(0), 1)]);
  t.match(third, { to: '10.0.1.3' }, 'some reflect the tag of the INIT itself');
  t.same(answerTo(network, first, ends.clientTag, [init(5, [cookie], types.initAck)]), [], 'too late');
  const [last] = answerTo(network, third, ends.clientTag, [chunk(types.abort)]);
  t.match(last, {
    from: ends.local,
    to: ends.client,
    tag: ends.clientTag,
    chunks: [{ type: types.abort, flags: 0 }],
  });
  t.match(listener.counters(), { opened: 0, open: 0, failed: { dial: 1 } });
  t.equal(network.totals().flows, 0);
});

t.test('an ABORT that does not carry the tag of the INIT changes nothing', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  t.same(answerTo(network, first, 0x9999, [chunk(types.abort)]), []);
  t.equal(network.totals().wrongTag, 1);
  t.match(answerTo(network, first, ends.clientTag, [init(5, [cookie], types.initAck)]), [
    { to: ends.client },
  ]);
});

t.test('ICMP unreachable leads to the next endpoint at once', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  if (first === undefined) throw new Error('no INIT was sent');
  t.match(network.arriveIcmp(unreachableFor('10.0.9.9', first)), [{ to: '10.0.1.2' }]);
  t.same(network.arriveIcmp(unreachableFor('10.0.9.9', first)), [], 'once, not for each copy');
});

t.test(
  'ICMP about an association that is up, or with a tag that is not its own, is not believed',
  async (t) => {
    const network = new FakeNetwork();
    const listener = network.listen(10_000, endpoints);
    const association = associate(network, ends);
    const [sent] = association.fromClient([chunk(types.heartbeat, Buffer.alloc(8))]);
    if (sent === undefined) throw new Error('nothing was sent');
    t.same(network.arriveIcmp(unreachableFor('10.0.9.9', sent)), []);
    t.equal(listener.counters().open, 1);
    const [other] = initFrom(network, { ...ends, clientPort: 4001 });
    if (other === undefined) throw new Error('no INIT was sent');
    const forged = Buffer.from(other.bytes);
    forged.writeUInt32BE(0xbad, 16);
    t.same(network.arriveIcmp(unreachableFor('10.0.9.9', { ...other, bytes: forged })), []);
  },
);

t.test(
  'a second of silence leads to the next endpoint, and the silent one is tried last for a while',
  async (t) => {
    const network = new FakeNetwork();
    const listener = network.listen(10_000, endpoints);
    initFrom(network, ends);
    t.same(network.wait(950), []);
    const [second] = network.wait(100);
    t.match(second, { to: '10.0.1.2' });
    answerTo(network, second, ends.clientTag, [init(ends.endpointTag, [cookie], types.initAck)]);
    t.same(network.wait(2000), [], 'it has answered');
    const next = [1, 2].map((client) => initFrom(network, { ...ends, clientPort: 5000 + client })[0]?.to);
    t.same(next, ['10.0.1.2', '10.0.1.3']);
    t.same(listener.counters().failed, {});
  },
);

t.test('an INIT that the client sends again goes to the endpoint that is being tried', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  network.wait(500);
  const [again] = initFrom(network, ends);
  t.same([again?.to, again?.sourcePort], [first?.to, first?.sourcePort]);
  t.equal(network.totals().flows, 1);
});

t.test('a client that starts anew during the handshake is followed', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  initFrom(network, { ...ends, clientTag: 0x7777 });
  t.same(answerTo(network, first, ends.clientTag, [init(5, [cookie], types.initAck)]), [], 'the old tag');
  t.match(answerTo(network, first, 0x7777, [init(5, [cookie], types.initAck)]), [{ to: ends.client }]);
});

t.test('an endpoint that the kernel refuses to send to is passed over at once', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  network.errors.set('10.0.1.1', -101);
  t.match(initFrom(network, ends), [{ to: '10.0.1.2' }]);
  t.equal(network.totals().sendFailed, 1);
});

t.test('more endpoints than may be tried in a row are tried after a pause', async (t) => {
  const network = new FakeNetwork();
  const many = Array.from({ length: 20 }, (_, index) => ({ ip: `10.0.2.${index + 1}`, port: 7 }));
  network.listen(10_000, many);
  for (const { ip } of many.slice(0, 19)) network.errors.set(ip, -113);
  t.same(initFrom(network, ends), []);
  t.match(network.wait(30), [{ to: '10.0.2.20' }]);
});

t.test('without endpoints the client is told so at once', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, []);
  t.match(initFrom(network, ends), [
    { to: ends.client, tag: ends.clientTag, chunks: [{ type: types.abort }] },
  ]);
  t.same(listener.counters().failed, { 'no-endpoints': 1 });
});

t.test('when all are silent the client is told within the time for a handshake', async (t) => {
  const network = new FakeNetwork({ halfOpenTimeoutMs: 2500 });
  const many = Array.from({ length: 20 }, (_, index) => ({ ip: `10.0.2.${index + 1}`, port: 7 }));
  const listener = network.listen(10_000, many);
  initFrom(network, ends);
  const sent = network.wait(3100);
  t.same(
    sent.map(({ to }) => to),
    ['10.0.2.2', '10.0.2.3', ends.client],
  );
  t.same(listener.counters().failed, { 'dial-timeout': 1 });
});

t.test('a handshake that the client does not go on with is forgotten after 15 s', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  answerTo(network, first, ends.clientTag, [init(5, [cookie], types.initAck)]);
  network.wait(14_900);
  t.equal(network.totals().halfOpen, 1);
  t.same(network.wait(200), []);
  t.equal(network.totals().flows, 0);
  t.same(listener.counters().failed, { 'client-reset': 1 });
});

t.test('a client that waits for an endpoint which leaves gets another one at once', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  t.match(first, { to: '10.0.1.1' });
  network.sent = [];
  listener.update(endpoints.slice(1), { resting: endpoints.slice(0, 1) });
  t.same(network.sent, [], 'it only rests');
  listener.update(endpoints.slice(1));
  t.match(network.sent, [{ to: '10.0.1.2', tag: 0, chunks: [{ type: types.init }] }]);
  listener.update([]);
  t.match(network.sent.at(-1), { to: ends.client, tag: ends.clientTag, chunks: [{ type: types.abort }] });
  t.same(listener.counters().failed, { 'no-endpoints': 1 }, 'nobody has refused it');
});

t.test('once an endpoint has answered the client stays with it, also when it leaves', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  answerTo(network, first, ends.clientTag, [init(ends.endpointTag, [cookie], types.initAck)]);
  network.sent = [];
  listener.update(endpoints.slice(1));
  t.same(network.sent, []);
  network.relay.cutEndpoints(listener.listener.id, endpoints.slice(0, 1));
  t.match(network.sent, [{ to: ends.client, tag: ends.clientTag, chunks: [{ type: types.abort }] }]);
});

t.test('an endpoint that refuses loses the client that is pinned to it', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  listener.update(endpoints, { affinityTimeoutMs: 60_000 });
  t.equal(associate(network, ends).endpoint, '10.0.1.1');
  const [again] = initFrom(network, { ...ends, clientPort: 4001 });
  const [next] = answerTo(network, again, ends.clientTag, [chunk(types.abort)]);
  t.match(next, { to: '10.0.1.2' });
  answerTo(network, next, ends.clientTag, [init(ends.endpointTag, [cookie], types.initAck)]);
  network.wait(6000);
  t.equal(associate(network, { ...ends, clientPort: 4002 }).endpoint, '10.0.1.2', 'for good');
});

t.test('ICMP that quotes too little of an INIT is not believed', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  if (first === undefined) throw new Error('no INIT was sent');
  const short = { ...first, bytes: first.bytes.subarray(0, 8) };
  t.same(network.arriveIcmp(unreachableFor('10.0.9.9', short)), [], 'anybody could have written it');
  network.arriveIcmp(fragmentationNeededFor('10.0.9.9', short, 600));
  t.same(network.icmp, []);
  t.match(network.wait(1100), [{ to: '10.0.1.2' }], 'silence does what it does');
});

t.test('before its INIT ACK an endpoint can end nothing but by an ABORT', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  t.same(answerTo(network, first, 0, [chunk(types.shutdownComplete, Buffer.alloc(0), 1)]), []);
  t.same(answerTo(network, first, ends.clientTag, [chunk(types.cookieAck)]), []);
  t.equal(network.totals().halfOpen, 1);
  t.match(network.wait(1100), [{ to: '10.0.1.2' }], 'the search goes on');
});

t.test('a client that starts anew again and again has no more time than others', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  for (let tag = 1; tag <= 29; tag++) {
    initFrom(network, { ...ends, clientTag: tag });
    network.wait(500);
  }
  t.match(network.totals(), { halfOpen: 1 });
  initFrom(network, { ...ends, clientTag: 30 });
  t.match(network.wait(600), [{ to: ends.client, tag: 30, chunks: [{ type: types.abort }] }]);
  t.match(network.totals(), { flows: 0 });
  t.same(listener.counters().failed, { 'dial-timeout': 1 });
});
