import t from 'tap';
import { bitOf, type ChunkSummary, summarizeChunks } from '../../../../lib/dataplane/sctp/wire/chunks.js';
import { chunk, data, types } from '../../../support/sctp-packets.js';

function summary(bytes: Buffer): ChunkSummary | undefined {
  const found: ChunkSummary = { types: 0, isReflected: false, count: 0, payloadBytes: 0 };
  const around = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(5, 0xff)]);
  return summarizeChunks(around, 5, 5 + bytes.length, found) ? found : undefined;
}

t.test('which chunks there are, and how much of the user’s', async (t) => {
  t.same(summary(Buffer.concat([chunk(types.sack, Buffer.alloc(12)), data('hello'), data('you')])), {
    types: bitOf(types.sack) | bitOf(types.data),
    isReflected: false,
    count: 3,
    payloadBytes: 8,
  });
  t.match(summary(chunk(64, Buffer.alloc(16 + 9))), { types: 0, payloadBytes: 9 }, 'I-DATA');
  t.match(summary(chunk(types.abort, Buffer.alloc(0), 1)), { isReflected: true });
  t.match(summary(chunk(types.data, Buffer.alloc(12), 1)), { isReflected: false }, 'a flag of DATA');
  t.match(summary(chunk(38, Buffer.alloc(0), 1)), { isReflected: false, types: 0 }, '38 is 6 and 32');
});

t.test('chunks must be whole; the padding of the last one may be missing', async (t) => {
  const whole = data('hello');
  t.ok(summary(whole.subarray(0, whole.length - 3)), 'without padding');
  t.equal(summary(whole.subarray(0, whole.length - 4)), undefined, 'without a byte of its own');
  t.equal(summary(Buffer.concat([whole, Buffer.of(0, 0, 0)])), undefined, 'half a header');
  t.equal(summary(Buffer.concat([whole, Buffer.of(0, 0, 0, 3)])), undefined, 'shorter than a header');
  t.equal(summary(Buffer.concat([whole, Buffer.of(0, 0, 0, 0)])), undefined, 'length zero');
  t.equal(summary(Buffer.alloc(0)), undefined, 'nothing');
});
