// Packets that are too big: cut at chunk boundaries, fragmented only where one chunk is too big, and the sender is told.
import t from 'tap';
import { chunk, data, sctp, types } from '../../../support/sctp-packets.js';
import { associate, FakeNetwork } from './fake-network.js';
import { fragmentationNeededFor } from './icmp-messages.js';

const ends = {
  client: '10.0.0.1',
  clientPort: 4000,
  local: '10.0.0.2',
  port: 10_000,
  clientTag: 0x1111,
  endpointTag: 0x2222,
};
const endpoints = [{ ip: '10.0.1.1', port: 7 }];
const piece = (index: number, length = 400): Buffer => data(Buffer.alloc(length, index), 1000 + index);

t.test('a packet of many chunks is cut so that every packet fits, nothing lost and in order', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1500);
  const chunks = Array.from({ length: 40 }, (_, index) => piece(index));
  const sent = association.fromClient(chunks);
  t.ok(sent.length > 1);
  t.ok(sent.every(({ bytes, checksumIsRight }) => bytes.length + 20 <= 1500 && checksumIsRight));
  t.ok(sent.every(({ tag, destinationPort }) => tag === ends.endpointTag && destinationPort === 7));
  t.same(Buffer.concat(sent.map(({ bytes }) => bytes.subarray(12))), Buffer.concat(chunks));
  t.match(network.totals(), { cut: 1, fragmented: 0 });
  t.equal(association.fromClient(chunks).length, sent.length, 'the MTU is remembered');
});

t.test(
  'what a kernel has put together from several packets goes on as several, however wide the way',
  async (t) => {
    const network = new FakeNetwork();
    network.listen(10_000, endpoints);
    const association = associate(network, ends);
    network.mtus.set('10.0.1.1', 1500);
    network.mtus.set('10.0.0.1', 65_535);
    const chunks = Array.from({ length: 10 }, (_, index) => piece(index, 1400));
    const sent = association.fromEndpoint(chunks);
    t.same(
      sent.map(({ chunks }) => chunks.length),
      Array.from({ length: 10 }, () => 1),
    );
    t.same(Buffer.concat(sent.map(({ bytes }) => bytes.subarray(12))), Buffer.concat(chunks));
    t.equal(network.icmp.length, 0, 'its sender has sent nothing that is too big');
    t.equal(association.fromEndpoint([piece(1, 4000)]).length, 1, 'one chunk is whole, whatever its size');
    t.equal(association.fromEndpoint([piece(1, 700), piece(2, 700)]).length, 1, 'and so is one packet');
    t.match(network.totals(), { cut: 1, fragmented: 0 });

    network.mtus.set('10.0.1.1', 65_535);
    network.wait(600_100);
    t.equal(association.fromEndpoint(chunks).length, 10, 'loopback, of which nothing follows');
    network.mtus.set('10.0.1.1', 9000);
    network.wait(600_100);
    t.equal(association.fromEndpoint(chunks).length, 2, 'wide ways have large packets');
  },
);

t.test('over loopback, packets are as large as their largest chunk, or Ethernet', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set(ends.client, 65_536);
  network.mtus.set('10.0.1.1', 65_536);
  const sizes = (chunks: readonly Buffer[]) =>
    association.fromClient(chunks).map(({ chunks }) => chunks.length);
  t.same(sizes(Array.from({ length: 6 }, (_, index) => piece(index, 1400))), [1, 1, 1, 1, 1, 1]);
  t.same(sizes(Array.from({ length: 6 }, (_, index) => piece(index, 700))), [2, 2, 2]);
  t.same(sizes([piece(1, 100), piece(2, 9000), piece(3, 8000), piece(4, 8000)]), [1, 1, 1, 1]);
  t.same(sizes([piece(1, 100), piece(2, 60_000)]), [1, 1]);

  network.mtus.set('10.0.1.1', 1500);
  t.same(sizes([piece(1, 100), piece(2, 60_000)]), [1, 1]);
  t.equal(network.icmp.length, 1, 'a chunk that is too big is told of');
});

t.test('what the kernel could not say is asked again', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const chunks = Array.from({ length: 10 }, (_, index) => piece(index, 1400));
  t.equal(association.fromEndpoint(chunks).length, 1);
  network.mtus.set('10.0.1.1', 1500);
  network.wait(1100);
  t.equal(association.fromEndpoint(chunks).length, 10);
});

t.test('the pieces of several packets are cut again where the way is narrower still', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1500);
  network.mtus.set('10.0.0.1', 1280);
  const chunks = Array.from({ length: 12 }, (_, index) => piece(index, 460));
  const sent = association.fromEndpoint(chunks);
  t.same(
    sent.map(({ chunks, fragmented }) => [chunks.length, fragmented]),
    Array.from({ length: 6 }, () => [2, undefined]),
  );
  t.same(Buffer.concat(sent.map(({ bytes }) => bytes.subarray(12))), Buffer.concat(chunks));
  t.equal(network.icmp.length, 1, 'its packets of 1500 bytes are too big');
});

t.test('AUTH starts a packet, and what it authenticates stays with it', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1500);
  const auth = chunk(types.auth, Buffer.alloc(24));
  const sent = association.fromClient([
    auth,
    piece(1),
    piece(2),
    auth,
    piece(3),
    auth,
    piece(4, 1000),
    piece(5, 1000),
  ]);
  t.same(
    sent.map(({ chunks }) => chunks.map(({ type }) => type)),
    [
      [15, 0, 0],
      [15, 0],
      [15, 0, 0],
    ],
  );
  t.same(
    sent.map(({ fragmented }) => fragmented),
    [undefined, undefined, 1500],
  );
});

t.test('one chunk that is too big goes in fragments, and its sender is told in its own terms', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1280);
  const [sent] = association.fromClient([piece(1, 1400)]);
  t.match(sent, { fragmented: 1280, checksumIsRight: true });
  const [icmp] = network.icmp;
  t.match(icmp, { from: ends.local, to: ends.client });
  t.equal(network.icmp.length, 1);
  const bytes = icmp?.bytes ?? Buffer.alloc(0);
  t.same([bytes[0], bytes[1], bytes.readUInt16BE(6)], [3, 4, 1280]);
  t.same([...bytes.subarray(20, 28)], [10, 0, 0, 1, 10, 0, 0, 2], 'the quoted addresses');
  t.equal(bytes.readUInt16BE(28), ends.clientPort);
  t.equal(bytes.readUInt16BE(30), ends.port);
  t.equal(bytes.readUInt32BE(32), ends.endpointTag);
  association.fromClient([piece(2, 1400)]);
  t.equal(network.icmp.length, 1, 'not for every packet');
  network.wait(1100);
  association.fromClient([piece(3, 1400)]);
  t.equal(network.icmp.length, 2, 'but again when it does not listen');
});

t.test('a sender that lets routers fragment is not told', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  associate(network, ends);
  network.mtus.set('10.0.1.1', 1280);
  const bytes = sctp(4000, 10_000, ends.endpointTag, [piece(1, 1400)]);
  t.match(network.arrive({ from: ends.client, to: ends.local, bytes, mayFragment: true }), [
    { fragmented: 1280 },
  ]);
  t.same(network.icmp, []);
});

t.test('ICMP of a router on the way is passed back to the sender, and the MTU is kept', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const [sent] = association.fromClient([piece(1, 700), piece(2, 700)]);
  if (sent === undefined) throw new Error('nothing was sent');
  network.arriveIcmp(fragmentationNeededFor('10.0.9.9', sent, 1300));
  t.match(network.icmp, [{ from: ends.local, to: ends.client }]);
  t.equal(network.icmp[0]?.bytes.readUInt16BE(6), 1300);
  t.equal(network.icmp[0]?.bytes.readUInt32BE(32), ends.endpointTag);
  t.equal(association.fromClient([piece(1, 700), piece(2, 700)]).length, 2);

  const [back] = association.fromEndpoint([piece(1, 1400)]);
  if (back === undefined) throw new Error('nothing was sent');
  network.arriveIcmp(fragmentationNeededFor(ends.local, back, 1300));
  const toEndpoint = network.icmp.at(-1);
  t.match(toEndpoint, { from: '10.0.0.9', to: '10.0.1.1' }, 'the other way too');
  t.equal(toEndpoint?.bytes.readUInt16BE(28), 7);
  t.equal(toEndpoint?.bytes.readUInt16BE(30), association.relayPort);
});

t.test('nobody is believed that a path takes next to nothing, or without the tag', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  const [sent] = association.fromClient([piece(1)]);
  if (sent === undefined) throw new Error('nothing was sent');
  const forged = Buffer.from(sent.bytes);
  forged.writeUInt32BE(0xbad, 4);
  network.arriveIcmp(fragmentationNeededFor('10.0.9.9', { ...sent, bytes: forged }, 1300));
  t.same(network.icmp, []);
  network.arriveIcmp(fragmentationNeededFor('10.0.9.9', sent, 68));
  t.equal(network.icmp[0]?.bytes.readUInt16BE(6), 576);
});

t.test('after ten minutes a path may have grown', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1280);
  t.equal(association.fromClient([piece(1, 800), piece(2, 800)]).length, 2);
  network.mtus.delete('10.0.1.1');
  t.equal(association.fromClient([piece(1, 800), piece(2, 800)]).length, 2);
  network.wait(600_100);
  t.equal(association.fromClient([piece(1, 800), piece(2, 800)]).length, 1);
});

t.test('a path that has become narrower than was known is asked again', async (t) => {
  const network = new FakeNetwork();
  network.listen(10_000, endpoints);
  const association = associate(network, ends);
  network.mtus.set('10.0.1.1', 1280);
  t.equal(association.fromClient([piece(1, 1100), piece(2, 1100)]).length, 2);
  network.mtus.set('10.0.1.1', 1000);
  const sent = association.fromClient([piece(3, 1100), piece(4, 1100)]);
  t.same(
    sent.map(({ fragmented }) => fragmented),
    [1000, 1000],
  );
});
