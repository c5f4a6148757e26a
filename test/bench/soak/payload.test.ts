// Bytes that a receiver can check.
import t from 'tap';
import { piece, StreamCheck } from '../../../bench/soak/payload.js';

t.test('a stream is right however it is cut', async (t) => {
  const check = new StreamCheck(7);
  const sent = Buffer.concat([piece(7, 0, 1_000_000), piece(7, 1_000_000, 500_000)]);
  for (let at = 0; at < sent.length; at += 333_333) check.take(sent.subarray(at, at + 333_333));
  t.equal(check.bytes, 1_500_000);
  t.equal(check.wrongAt, undefined);
});

t.test('a byte that is wrong, missing, double or of another stream is noticed', async (t) => {
  const sent = piece(3, 0, 5000);
  const changed = Buffer.from(sent);
  changed[4000] = (changed[4000] ?? 0) ^ 1;
  const table: readonly [what: string, received: Buffer][] = [
    ['wrong', changed],
    ['missing', Buffer.concat([sent.subarray(0, 100), sent.subarray(101)])],
    ['double', Buffer.concat([sent.subarray(0, 100), sent.subarray(99)])],
    ['of another', piece(4, 0, 5000)],
  ];
  for (const [what, received] of table) {
    const check = new StreamCheck(3);
    check.take(received);
    t.not(check.wrongAt, undefined, what);
  }
});
