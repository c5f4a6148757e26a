// INITs, restarts, tags and strangers: what the relay does with packets from clients.
import t from 'tap';
import {
  chunk,
  data,
  init,
  initiateTagOf,
  parameter,
  parametersOf,
  sctp,
  types,
} from '../../../support/sctp-packets.js';
import { associate, cookie, FakeNetwork, initFrom } from './fake-network.js';

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

t.test('an INIT goes to an endpoint from a relay port, its addresses taken out', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const [sent] = initFrom(network, ends, [
    parameter(5, Buffer.of(1, 2, 3, 4)),
    parameter(0x8002, Buffer.alloc(32)),
  ]);
  t.match(sent, {
    to: '10.0.1.1',
    from: '0.0.0.0',
    sourcePort: 20_001,
    destinationPort: 7,
    tag: 0,
    checksumIsRight: true,
  });
  const initChunk = sent?.chunks[0];
  t.same(initChunk && parametersOf(initChunk).map(({ type }) => type), [0x8002]);
  t.same(initChunk && initiateTagOf(initChunk), ends.clientTag);
});

t.test(
  'an INIT ACK comes back from the very address that the client hit, its addresses taken out',
  async (t) => {
    const network = new FakeNetwork();
    network.listen(10_000, endpoints);
    const [first] = initFrom(network, ends);
    const [back] = network.arrive({
      from: '10.0.1.1',
      to: '10.0.9.9',
      bytes: sctp(7, first?.sourcePort ?? 0, ends.clientTag, [
        init(ends.endpointTag, [parameter(6, Buffer.alloc(16)), cookie], types.initAck),
      ]),
    });
    t.match(back, {
      from: ends.local,
      to: ends.client,
      sourcePort: ends.port,
      destinationPort: ends.clientPort,
      tag: ends.clientTag,
      checksumIsRight: true,
    });
    t.same(back?.chunks[0] && parametersOf(back.chunks[0]).map(({ type }) => type), [7]);
  },
);

t.test('messages pass both ways with nothing but ports and checksum changed, and are counted', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const message = data('hello', 77, 3);
  const [out] = association.fromClient([message, chunk(types.sack, Buffer.alloc(12))]);
  t.match(out, {
    to: association.endpoint,
    destinationPort: 7,
    tag: ends.endpointTag,
    checksumIsRight: true,
  });
  t.same(out?.bytes.subarray(12, 12 + message.length), message);
  t.match(association.fromClient([data(Buffer.alloc(1000))]), [{ checksumIsRight: true }], 'a long one');
  const [back] = association.fromEndpoint([data('hello yourself')]);
  t.match(back, { from: ends.local, to: ends.client, tag: ends.clientTag, checksumIsRight: true });
  t.match(listener.counters(), {
    opened: 1,
    open: 1,
    rxBytes: 1005,
    txBytes: 14,
    rxPackets: 3,
    txPackets: 3,
  });
  t.same(listener.picks(), [1, 0]);
});

t.test('a packet without a checksum passes and gets one; a wrong one is dropped and counted', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  associate(network, ends);
  const arrive = (checksum: 'none' | 'wrong') =>
    network.arrive({
      from: ends.client,
      to: ends.local,
      bytes: sctp(ends.clientPort, ends.port, ends.endpointTag, [data('x')], checksum),
    });
  t.match(arrive('none'), [{ checksumIsRight: true }]);
  t.same(arrive('wrong'), []);
  t.equal(network.totals().badChecksum, 1);
});

t.test('malformed packets are dropped and counted', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const badInit = chunk(types.init, Buffer.concat([init(5).subarray(4), Buffer.of(0, 7, 0, 0)]));
  const table: readonly [what: string, bytes: Buffer][] = [
    ['nothing but a header', sctp(4000, 10_000, 0, [])],
    ['a chunk shorter than its header', sctp(4000, 10_000, 0, [Buffer.of(0, 0, 0, 3)])],
    ['a chunk longer than the packet', sctp(4000, 10_000, 0, [Buffer.of(0, 0, 0, 9, 0, 0, 0, 0)])],
    ['an INIT without a tag', sctp(4000, 10_000, 0, [init(0)])],
    ['an INIT with a tag in the header', sctp(4000, 10_000, 5, [init(5)])],
    ['an INIT that is not alone', sctp(4000, 10_000, 0, [init(5), data('x')])],
    ['an INIT with a parameter of length zero', sctp(4000, 10_000, 0, [badInit])],
    ['an INIT longer than any', sctp(4000, 10_000, 0, [init(5, [parameter(0x8002, Buffer.alloc(2000))])])],
  ];
  for (const [index, [what, bytes]] of table.entries()) {
    t.same(network.arrive({ from: ends.client, to: ends.local, bytes }), [], what);
    t.equal(network.totals().malformed, index + 1, what);
  }
  t.equal(network.totals().flows, 0);
});

t.test('out of the blue: answers on a listener port as RFC 9260 says', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const arrive = (chunks: readonly Buffer[], port = 10_000, from = ends.client) =>
    network.arrive({ from, to: ends.local, bytes: sctp(4000, port, 0xabc, chunks) });
  t.match(arrive([data('x')]), [
    {
      from: ends.local,
      to: ends.client,
      sourcePort: 10_000,
      destinationPort: 4000,
      tag: 0xabc,
      chunks: [{ type: types.abort, flags: 1 }],
      checksumIsRight: true,
    },
  ]);
  t.match(arrive([chunk(types.shutdownAck)]), [{ chunks: [{ type: types.shutdownComplete, flags: 1 }] }]);
  t.match(arrive([chunk(types.cookieEcho)]), [{ chunks: [{ type: types.abort, flags: 1 }] }]);
  for (const type of [types.abort, types.shutdownComplete, types.cookieAck, types.error, types.initAck]) {
    t.same(arrive([chunk(type, Buffer.alloc(16))]), [], `type ${type} is not answered`);
  }
  t.same(arrive([data('x'), chunk(types.abort)]), [], 'nor is a packet with an ABORT anywhere in it');
  t.same(arrive([data('x')], 10_000, '224.0.0.1'), [], 'nor one from nobody in particular');
  t.same(arrive([data('x')], 25_000), [], 'nor one to a relay port: it may be somebody else’s');
  t.same(arrive([data('x')], 11_000), [], 'nor one to any other port');
  t.equal(network.totals().outOfTheBlue, 9);
});

t.test('nothing happens to a flow without its tag', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  for (const tag of [0, 1, ends.clientTag]) {
    t.same(association.fromClient([chunk(types.abort)], tag), [], `an ABORT of the client with tag ${tag}`);
  }
  for (const tag of [0, 1, ends.endpointTag]) {
    t.same(
      association.fromEndpoint([chunk(types.abort)], tag),
      [],
      `an ABORT of the endpoint with tag ${tag}`,
    );
    t.same(association.fromEndpoint([chunk(types.shutdownComplete)], tag), []);
  }
  t.equal(network.totals().wrongTag, 9);
  t.match(listener.counters(), { open: 1, failed: {} });
  t.equal(association.fromClient([data('still there')]).length, 1);
});

t.test('an ABORT ends the association, whoever sends it, with its own tag or a reflected one', async (t) => {
  const table = [
    { side: 'fromClient', tag: ends.endpointTag, flags: 0, reason: 'client-reset' },
    { side: 'fromClient', tag: ends.clientTag, flags: 1, reason: 'client-reset' },
    { side: 'fromEndpoint', tag: ends.clientTag, flags: 0, reason: 'endpoint-reset' },
    { side: 'fromEndpoint', tag: ends.endpointTag, flags: 1, reason: 'endpoint-reset' },
  ] as const;
  for (const { side, tag, flags, reason } of table) {
    const network = new FakeNetwork();
    const listener = network.listen(10_000, endpoints);
    const association = associate(network, ends);
    t.equal(
      association[side]([chunk(types.abort, Buffer.alloc(0), flags)], tag).length,
      1,
      'it is passed on',
    );
    t.match(listener.counters(), { opened: 1, open: 0, failed: { [reason]: 1 } });
    t.equal(network.totals().flows, 1, 'what is still under way gets through');
    network.wait(3100);
    t.equal(network.totals().flows, 0);
  }
});

t.test('a graceful shutdown is no failure, and its last packets pass after the end', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  association.fromClient([chunk(types.shutdown, Buffer.alloc(4))]);
  association.fromEndpoint([chunk(types.shutdownAck)]);
  association.fromClient([chunk(types.shutdownComplete)]);
  t.match(listener.counters(), { open: 0, failed: {} });
  t.equal(association.fromEndpoint([chunk(types.shutdownAck)]).length, 1, 'the last packet was lost');
  t.equal(
    association.fromClient([chunk(types.shutdownComplete, Buffer.alloc(0), 1)], ends.clientTag).length,
    1,
  );
  network.wait(3100);
  t.match(association.fromClient([chunk(types.shutdownAck)]), [
    { to: ends.client, chunks: [{ type: types.shutdownComplete, flags: 1 }] },
  ]);
});

t.test('a client may come back to its port after the end', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  associate(network, ends).fromClient([chunk(types.abort)]);
  const again = associate(network, { ...ends, clientTag: 0x3333, endpointTag: 0x4444 });
  t.equal(again.endpoint, '10.0.1.2', 'and has its turn of the rotation');
  t.match(listener.counters(), { opened: 2, open: 1 });
});

t.test('the restart of a live association goes to its endpoint, and both tags are followed', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const [restart] = initFrom(network, { ...ends, clientTag: 0x5555 });
  t.match(restart, { to: association.endpoint, sourcePort: association.relayPort, tag: 0 });
  t.equal(association.fromClient([data('the old one')]).length, 1, 'the old association is still there');
  const [ack] = association.fromEndpoint([init(0x6666, [cookie], types.initAck)], 0x5555);
  t.match(ack, { to: ends.client, tag: 0x5555 });
  association.fromClient([chunk(types.cookieEcho)], 0x6666);
  t.same(association.fromEndpoint([data('x')], 0x7777), []);
  association.fromEndpoint([chunk(types.cookieAck)], 0x5555);
  t.equal(association.fromClient([data('new')], 0x6666).length, 1);
  t.same(association.fromClient([data('old')]), [], 'the old tag is no good any more');
  t.match(listener.counters(), { opened: 1, open: 1 });
});

t.test('a restart that the endpoint refuses leaves the association as it was', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  initFrom(network, { ...ends, clientTag: 0x5555 });
  t.match(association.fromEndpoint([chunk(types.abort)], 0x5555), [{ to: ends.client }, { chunks: [{}] }]);
  t.equal(association.fromClient([data('x')]).length, 1);
  t.match(listener.counters(), { open: 1, failed: {} });
});

t.test('an endpoint that refuses a restart since it has lost the association is left', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  initFrom(network, { ...ends, clientTag: 0x5555 });
  const [, question] = association.fromEndpoint([chunk(types.abort)], 0x5555);
  t.match(question, {
    to: association.endpoint,
    sourcePort: association.relayPort,
    destinationPort: 7,
    tag: ends.endpointTag,
    checksumIsRight: true,
  });
  const type = question?.chunks[0]?.type ?? 0;
  t.equal(type >> 6, 2, 'a chunk that is passed over, and not reported');
  const [asconfAck, reConfig, pad] = [0x80, 0x82, 0x84];
  t.notOk(
    [asconfAck, reConfig, pad].includes(type),
    'and that Linux knows nothing of: those it never answers',
  );
  association.fromEndpoint([chunk(types.abort, Buffer.alloc(0), 1)], ends.endpointTag);
  t.match(listener.counters(), { open: 0, failed: { 'endpoint-reset': 1 } });
  t.match(initFrom(network, { ...ends, clientTag: 0x7777 }), [{ to: '10.0.1.2' }]);
});

t.test('a restart to which the endpoint says nothing at all lets the client find another one', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const restart = { ...ends, clientTag: 0x5555 };
  network.wait(10);
  initFrom(network, restart);
  network.wait(5000);
  initFrom(network, restart);
  network.wait(10_100);
  t.match(listener.counters(), { open: 0, failed: { 'endpoint-reset': 1 } });
  const [next] = initFrom(network, restart);
  t.not(next?.to, association.endpoint);
});

t.test('the client takes the first of several INIT ACKs', async (t) => {
  const network = new FakeNetwork();
  const listener = network.listen(10_000, endpoints);
  const [first] = initFrom(network, ends);
  const endpointSays = (tag: number, chunks: readonly Buffer[]) =>
    network.arrive({ from: '10.0.1.1', to: '10.0.9.9', bytes: sctp(7, first?.sourcePort ?? 0, tag, chunks) });
  const clientSays = (tag: number, chunks: readonly Buffer[]) =>
    network.arrive({ from: ends.client, to: ends.local, bytes: sctp(4000, 10_000, tag, chunks) });
  endpointSays(ends.clientTag, [init(0xa1, [cookie], types.initAck)]);
  initFrom(network, ends);
  endpointSays(ends.clientTag, [init(0xa2, [cookie], types.initAck)]);
  t.equal(clientSays(0xa1, [chunk(types.cookieEcho)]).length, 1);
  endpointSays(ends.clientTag, [chunk(types.cookieAck)]);
  t.match(listener.counters(), { opened: 1, open: 1 });
  t.equal(clientSays(0xa1, [data('x')]).length, 1);
  t.same(clientSays(0xa2, [data('x')]), [], 'the other one was never used');
});
