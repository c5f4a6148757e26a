// dataplane/sctp/raw/raw-transport-program.ts: run inside a namespace by raw-transport.test.ts: what is sent arrives, from
// the address that it was to leave from.
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { Sockets } from '../../../../lib/dataplane/native/sockets.js';
import { PacketBatch } from '../../../../lib/dataplane/sctp/raw/packet-batch.js';
import { PathMtu } from '../../../../lib/dataplane/sctp/raw/path-mtu.js';
import { RawTransport } from '../../../../lib/dataplane/sctp/raw/raw-transport.js';
import { Packet } from '../../../../lib/dataplane/sctp/relay/packet.js';
import { IcmpError, writeTooBig } from '../../../../lib/dataplane/sctp/wire/icmp.js';
import { ipv4HeaderLength } from '../../../../lib/dataplane/sctp/wire/ip-header.js';
import { ipText, ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';
import { data, sctp } from '../../../support/sctp-packets.js';
import { descriptorsOf, families, memoryWith, receive, route, socketsOf } from './inside.js';

const EMSGSIZE = 90;
const ENETUNREACH = 101;

for (const { ipFamily, local, peer } of families) {
  const setUp = (t: Parameters<typeof socketsOf>[0]) => {
    const descriptors = descriptorsOf();
    const sockets = socketsOf(t, ipFamily, descriptors);
    const transport = new RawTransport(new PathMtu(new Sockets(descriptors)));
    transport.use(sockets);
    const batch = new PacketBatch(ipFamily);
    return { sockets, transport, batch, packet: new Packet(batch.memory) };
  };

  t.test(`${ipFamily}: a packet arrives as it was, from where it was to come`, async (t) => {
    const { sockets, transport, batch, packet } = setUp(t);
    for (const bytes of [1, 1400, 60_000]) {
      const sent = sctp(1, 2, 3, [data(Buffer.alloc(bytes, 'x'))]);
      const { memory, at, end } = memoryWith(sent);
      t.equal(transport.send(memory, at, end, route(local, peer)), 0);
      t.equal(await receive(batch, sockets.sctp), 1);
      t.equal(batch.read(0, packet), true);
      t.same([ipText(packet.source), ipText(packet.destination)], [local, peer]);
      t.same(batch.memory.bytes.subarray(packet.at, packet.end), sent);
      t.equal(packet.mayFragment, false);
    }
  });

  t.test(`${ipFamily}: without an address of its own the kernel chooses one`, async (t) => {
    const { sockets, transport, batch, packet } = setUp(t);
    const { memory, at, end } = memoryWith(sctp(1, 2, 3, [data('x')]));
    t.equal(transport.send(memory, at, end, route(ipFamily === 'IPv4' ? '0.0.0.0' : '::', peer)), 0);
    t.equal(await receive(batch, sockets.sctp), 1);
    t.equal(batch.read(0, packet), true);
    t.equal(ipText(packet.destination), peer);
    t.match(ipText(packet.source), ipFamily === 'IPv4' ? /^127\.0\.0\./ : /^fd00::/);
  });

  t.test(`${ipFamily}: what is too big is refused, and gets through in fragments`, async (t) => {
    const { sockets, transport, batch, packet } = setUp(t);
    execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '1500']);
    t.teardown(() => void execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '65536']));
    const sent = sctp(1, 2, 3, [data(Buffer.from(Array.from({ length: 5001 }, (_, at) => at & 255)))]);
    const { memory, at, end } = memoryWith(sent);
    const way = route(local, peer);
    t.equal(transport.send(memory, at, end, way), -EMSGSIZE);
    t.equal(transport.pathMtu(way), 1500);
    t.equal(transport.sendFragmented(memory, at, end, way, 1500), 0);
    t.equal(await receive(batch, sockets.sctp), 1);
    t.equal(batch.read(0, packet), true);
    t.same(batch.memory.bytes.subarray(packet.at, packet.end), sent, 'whole again');
    t.same([ipText(packet.source), ipText(packet.destination)], [local, peer]);
    const again = memoryWith(sent);
    t.equal(transport.send(again.memory, at, end, way), -EMSGSIZE, 'the next one is not cut up unasked');
  });

  t.test(`${ipFamily}: "too big" is an error that the peer's host understands`, async (t) => {
    const { sockets, transport, batch } = setUp(t);
    const { memory, at } = memoryWith(Buffer.alloc(200));
    const quoted = { source: ipWords(peer), destination: ipWords(local), sourcePort: 7, destinationPort: 8 };
    const end = writeTooBig(memory.bytes, at, { ...quoted, tag: 77, length: 2000 }, 1400);
    t.equal(transport.sendIcmp(memory, at, end, route(local, peer)), 0);
    t.equal(await receive(batch, sockets.icmp), 1);
    const start = batch.startOf(0);
    const header = ipFamily === 'IPv4' ? ipv4HeaderLength(batch.memory.bytes, start, batch.endOf(0)) : 0;
    const error = new IcmpError();
    t.equal(error.read(ipFamily, batch.memory.bytes, start + header, batch.endOf(0)), true);
    const { kind, mtu, tag, sourcePort, destinationPort, payloadLength } = error;
    t.same(
      { kind, mtu, tag, sourcePort, destinationPort, payloadLength },
      { kind: 'too-big', mtu: 1400, tag: 77, sourcePort: 7, destinationPort: 8, payloadLength: 2000 },
    );
  });

  t.test(`${ipFamily}: where there is no route the kernel says so`, async (t) => {
    const { transport } = setUp(t);
    const nowhere = ipFamily === 'IPv4' ? '203.0.113.1' : '2001:db8::1';
    const { memory, at, end } = memoryWith(sctp(1, 2, 3, [data('x')]));
    t.equal(
      transport.send(memory, at, end, route(ipFamily === 'IPv4' ? '0.0.0.0' : '::', nowhere)),
      -ENETUNREACH,
    );
    t.equal(transport.pathMtu(route(local, nowhere)), 0);
  });
}
