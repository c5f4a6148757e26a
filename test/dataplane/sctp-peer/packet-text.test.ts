// Packets in words.
import t from 'tap';
import { packetText } from '../../../lib/dataplane/sctp-peer/packet-text.js';
import { chunk, data, init, parameter, sctp, types } from '../../support/sctp-packets.js';

t.test('each chunk with what tells it from others', async (t) => {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(17, 0);
  head.writeUInt32BE(65_536, 4);
  const table: readonly [chunks: readonly Buffer[], text: string][] = [
    [[init(0xab)], 'INIT tag=000000ab window=65536 streams=10/10 tsn=1000'],
    [
      [init(0xab, [parameter(7, Buffer.alloc(9))], types.initAck)],
      'INIT ACK tag=000000ab window=65536 streams=10/10 tsn=1000',
    ],
    [
      [chunk(types.cookieEcho, Buffer.alloc(9)), data('hello', 17, 3)],
      'COOKIE ECHO + DATA tsn=17 stream=3 ppid=0 5 bytes',
    ],
    [[chunk(types.sack, head)], 'SACK up-to=17 window=65536'],
    [[chunk(types.shutdownComplete)], 'SHUTDOWN COMPLETE'],
    [[chunk(99)], 'chunk 99'],
  ];
  for (const [chunks, text] of table) t.equal(packetText(sctp(1, 2, 3, chunks)), text);
});
