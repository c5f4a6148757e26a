import t from 'tap';
import { Handshake } from '../../../../lib/dataplane/sctp/relay/handshake.js';

t.test('remembers the tags of the last INIT ACKs, and which of them the client took', async (t) => {
  const handshake = new Handshake(1, 0);
  t.same([handshake.isAnswered, handshake.endpointTag, handshake.hasOffered(0)], [false, 0, false]);
  for (const tag of [10, 11, 11, 12]) handshake.offer(tag);
  t.same([handshake.isAnswered, handshake.endpointTag], [true, 12]);
  handshake.echoedTag = 10;
  t.equal(handshake.endpointTag, 10);
  for (let tag = 13; tag <= 18; tag++) handshake.offer(tag);
  t.same(
    [10, 11, 18].map((tag) => handshake.hasOffered(tag)),
    [false, true, true],
    'eight of them',
  );
});
