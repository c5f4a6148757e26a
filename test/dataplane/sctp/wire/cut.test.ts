import t from 'tap';
import { cutAt } from '../../../../lib/dataplane/sctp/wire/cut.js';
import { chunk, data, types } from '../../../support/sctp-packets.js';

/** How many chunks each packet gets. */
function pieces(chunks: readonly Buffer[], room: number): readonly number[] {
  const bytes = Buffer.concat(chunks);
  const lengths: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = cutAt(bytes, start, bytes.length, room);
    lengths.push(end - start);
    start = end;
  }
  return lengths;
}

t.test('as many chunks as fit, and at least one', async (t) => {
  const small = data(Buffer.alloc(84));
  t.same(pieces([small, small, small], 200), [200, 100]);
  t.same(pieces([small, small, small], 199), [100, 100, 100]);
  t.same(pieces([small, small, small], 300), [300]);
  t.same(pieces([small, small], 50), [100, 100]);
});

t.test('padding counts, and may be missing at the end', async (t) => {
  const odd = data('x');
  t.same(pieces([odd, odd.subarray(0, 17)], 20), [20, 17]);
  t.same(pieces([odd, odd.subarray(0, 17)], 37), [37]);
});

t.test('AUTH starts a packet and keeps what follows it', async (t) => {
  const auth = chunk(types.auth, Buffer.alloc(20));
  const small = data(Buffer.alloc(84));
  t.same(pieces([small, auth, small, small, auth, small], 150), [100, 224, 124]);
});
