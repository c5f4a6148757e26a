// Which sequence numbers node-sctp gets to see.
import t from 'tap';
import { hasSaneNumbers } from '../../../lib/dataplane/sctp-peer/sane-numbers.js';
import { chunk, data, sctp, types } from '../../support/sctp-packets.js';

const numbers = { received: 1000, next: 500 };

function sack(cumulative: number, lastGap = 0): Buffer {
  const body = Buffer.alloc(lastGap === 0 ? 12 : 16);
  body.writeUInt32BE(cumulative >>> 0, 0);
  if (lastGap > 0) {
    body.writeUInt16BE(1, 8);
    body.writeUInt16BE(lastGap, 12);
    body.writeUInt16BE(lastGap, 14);
  }
  return chunk(types.sack, body);
}

t.test('DATA: at most as far ahead as a peer that keeps to the window would be', async (t) => {
  const table: readonly [tsn: number, sane: boolean][] = [
    [1001, true],
    [2024, true],
    [2025, false],
    [1000 + 2 ** 31 - 1, false],
    [1000, true],
    [1, true],
  ];
  for (const [tsn, sane] of table)
    t.equal(hasSaneNumbers(sctp(1, 2, 3, [chunk(types.cookieAck), data('x', tsn)]), numbers), sane, `${tsn}`);
  t.ok(
    hasSaneNumbers(sctp(1, 2, 3, [data('x', 3)]), { received: 2 ** 32 - 1, next: 0 }),
    'numbers wrap round',
  );
  t.ok(hasSaneNumbers(sctp(1, 2, 3, [data('x', 9e6)]), { received: undefined, next: 0 }), 'nothing is known');
});

t.test('SACK: nothing that was not sent', async (t) => {
  const table: readonly [cumulative: number, lastGap: number, sane: boolean][] = [
    [499, 0, true],
    [500, 0, false],
    [400, 0, true],
    [490, 9, true],
    [490, 10, false],
    [490, 60_000, false],
  ];
  for (const [cumulative, lastGap, sane] of table)
    t.equal(
      hasSaneNumbers(sctp(1, 2, 3, [sack(cumulative, lastGap)]), numbers),
      sane,
      `${cumulative} + ${lastGap}`,
    );
});
