// What node-sctp gets to see of a packet, and what it does not.
import t from 'tap';
import { safePacket } from '../../../lib/dataplane/sctp-peer/safe-packet.js';
import {
  chunk,
  data,
  init,
  parameter,
  parametersOf,
  parseSctp,
  sctp,
  types,
} from '../../support/sctp-packets.js';

const packet = (...chunks: readonly Buffer[]): Buffer => sctp(1, 2, 3, chunks);
const cookie = parameter(7, Buffer.from('cookie'));
const sack = (...gaps: readonly (readonly [number, number])[]): Buffer => {
  const body = Buffer.alloc(12 + 4 * gaps.length);
  body.writeUInt16BE(gaps.length, 8);
  for (const [at, [start, finish]] of gaps.entries()) {
    body.writeUInt16BE(start, 12 + 4 * at);
    body.writeUInt16BE(finish, 14 + 4 * at);
  }
  return chunk(types.sack, body);
};

t.test('what is dropped whole', async (t) => {
  const wrongLength = (made: Buffer, length: number): Buffer => {
    const copy = Buffer.from(made);
    copy.writeUInt16BE(length, 2);
    return copy;
  };
  const table: readonly [why: string, packet: Buffer][] = [
    ['no chunk', packet()],
    ['a chunk shorter than its header', packet(wrongLength(data('x'), 3))],
    ['a chunk longer than the packet', packet(wrongLength(data('x'), 100))],
    ['the rest of a chunk', Buffer.concat([packet(data('abcd')), Buffer.of(0, 0)])],
    ['DATA without data', packet(data(''))],
    ['INIT with others', packet(init(1), data('x'))],
    ['INIT behind others', packet(chunk(types.cookieAck), init(1))],
    ['INIT without a tag', packet(init(0))],
    ['INIT that is too short', packet(chunk(types.init, Buffer.alloc(12)))],
    ['a parameter of length 0', packet(init(1, [Buffer.of(0xc0, 0x0c, 0, 0)]))],
    ['a parameter longer than its chunk', packet(init(1, [Buffer.of(0, 5, 0, 40, 1, 2, 3, 4)]))],
    ['INIT ACK without a cookie', packet(init(1, [], types.initAck))],
    ['SACK that promises gaps', packet(wrongLength(sack([2, 3]), 16))],
    ['SACK with gaps out of order', packet(sack([5, 6], [2, 3]))],
    ['SACK with a gap that ends before it begins', packet(sack([5, 4]))],
    ['HEARTBEAT without its parameter', packet(chunk(types.heartbeat))],
    [
      'HEARTBEAT with a wrong length inside',
      packet(chunk(types.heartbeat, Buffer.of(0, 1, 0, 99, 1, 2, 3, 4))),
    ],
    ['SHUTDOWN that is too long', packet(chunk(types.shutdown, Buffer.alloc(8)))],
    ['an unknown chunk that forbids the rest', packet(chunk(63, Buffer.alloc(4)), data('x'))],
  ];
  for (const [why, bad] of table) t.equal(safePacket(bad), undefined, why);
});

t.test('what goes through as it is', async (t) => {
  const table: readonly Buffer[] = [
    packet(data('hello')),
    packet(chunk(types.cookieEcho, Buffer.alloc(60)), data('first'), data('second')),
    packet(sack([2, 3], [5, 9]), data('x')),
    packet(chunk(types.heartbeat, parameter(1, Buffer.from('12345678')))),
    packet(chunk(types.shutdown, Buffer.alloc(4))),
    packet(chunk(types.shutdownAck)),
    packet(chunk(types.shutdownComplete, Buffer.alloc(0), 1)),
  ];
  for (const good of table) t.same(safePacket(good), good);
});

t.test('what is taken out', async (t) => {
  const chunksOf = (made: Buffer) => parseSctp(safePacket(made) ?? Buffer.alloc(12)).chunks;
  const [bare] = chunksOf(
    packet(init(9, [parameter(5, Buffer.of(1, 2, 3, 4)), parameter(0x8003, Buffer.of(1))])),
  );
  t.match(bare, { type: types.init, body: init(9).subarray(4) });
  const [ack] = chunksOf(packet(init(9, [parameter(0xc000, Buffer.alloc(0)), cookie], types.initAck)));
  t.same(ack === undefined ? [] : parametersOf(ack), [{ type: 7, body: Buffer.from('cookie') }]);
  const withoutCauses = chunksOf(packet(chunk(types.abort, Buffer.of(0, 12, 0, 0), 1)));
  t.match(withoutCauses, [{ type: types.abort, flags: 1, body: Buffer.alloc(0) }]);
  t.equal(withoutCauses.length, 1);
  const some = chunksOf(
    packet(chunk(types.error, Buffer.of(0, 3, 0, 0)), chunk(0xc1), data('x'), chunk(types.auth)),
  );
  t.same(
    some.map(({ type }) => type),
    [types.data],
  );
});
