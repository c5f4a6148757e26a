// dataplane/sctp/raw/packet-batch-program.ts: run inside a namespace by packet-batch.test.ts.
import t from 'tap';
import { PacketBatch } from '../../../../lib/dataplane/sctp/raw/packet-batch.js';
import { Packet } from '../../../../lib/dataplane/sctp/relay/packet.js';
import { ipText } from '../../../../lib/dataplane/sctp/wire/ip-words.js';
import { data, sctp } from '../../../support/sctp-packets.js';
import { RawPeer } from '../../../support/sctp-raw-peer.js';
import { families, receive, socketsOf } from './inside.js';

const EAGAIN = 11;

for (const { ipFamily, local, peer } of families) {
  t.test(`${ipFamily}: a burst comes in batches, in order, each packet with its own addresses`, async (t) => {
    const { sctp: fd } = socketsOf(t, ipFamily);
    const senders = [new RawPeer(local), new RawPeer(peer)];
    t.teardown(() => {
      for (const sender of senders) sender.close();
    });
    const batch = new PacketBatch(ipFamily);
    const packet = new Packet(batch.memory);
    t.equal(batch.receive(fd), -EAGAIN, 'nothing is there');
    const sent: Buffer[] = [];
    for (let at = 0; at < 150; at++) {
      const one = sctp(1000 + at, 7, at, [data(Buffer.alloc((at * 37) % 3000, at))]);
      sent.push(one);
      senders[at % 2]?.send(peer, one);
    }
    const sizes: number[] = [];
    let next = 0;
    while (next < sent.length) {
      const count = await receive(batch, fd);
      if (count === 0) break;
      sizes.push(count);
      for (let index = 0; index < count; index++, next++) {
        t.equal(batch.read(index, packet), true);
        t.equal(packet.readHeader(), true);
        t.same(
          [
            ipText(packet.source),
            ipText(packet.destination),
            packet.sourcePort,
            packet.destinationPort,
            packet.tag,
          ],
          [next % 2 === 0 ? local : peer, peer, 1000 + next, 7, next],
        );
        t.same(batch.memory.bytes.subarray(packet.at, packet.end), sent[next]);
        t.equal(packet.scope, 0);
      }
    }
    t.equal(next, sent.length, 'all of them');
    t.ok(Math.max(...sizes) <= 64);
    t.equal(batch.receive(fd), -EAGAIN);
  });
}

t.test('IPv4: a sender that lets routers cut up its packets is told apart', async (t) => {
  const { sctp: fd } = socketsOf(t, 'IPv4');
  const batch = new PacketBatch('IPv4');
  const packet = new Packet(batch.memory);
  for (const discoversMtu of [true, false]) {
    const sender = new RawPeer('127.0.0.5', discoversMtu);
    sender.send('127.0.0.6', sctp(1, 2, 3, [data('x')]));
    sender.close();
    t.equal(await receive(batch, fd), 1);
    t.equal(batch.read(0, packet), true);
    t.equal(packet.mayFragment, !discoversMtu);
  }
});
