import t from 'tap';
import { crc32c, crc32cChange } from '../../../../lib/dataplane/sctp/wire/crc32c.js';
import { slowCrc32c } from '../../../support/sctp-packets.js';

const sample = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7919) & 255));

t.test('known checksums (RFC 3720, appendix B.4)', async (t) => {
  const table: readonly [Buffer, number][] = [
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ];
  for (const [bytes, expected] of table) t.equal(crc32c(bytes, 0, bytes.length) >>> 0, expected);
});

t.test('every length and alignment agrees with the plain way', async (t) => {
  const bytes = sample(200);
  for (let start = 0; start < 9; start++) {
    for (let end = start; end < 60; end++) {
      if (crc32c(bytes, start, end) >>> 0 !== slowCrc32c(bytes.subarray(start, end)))
        t.fail(`${start}-${end}`);
    }
  }
  t.equal(crc32c(bytes, 3, 197) >>> 0, slowCrc32c(bytes.subarray(3, 197)));
});

t.test('a change of four bytes changes the checksum as computing it anew does', async (t) => {
  for (const length of [4, 5, 12, 16, 100, 1452, 65_535]) {
    const bytes = sample(length);
    const before = crc32c(bytes, 0, length);
    const old = bytes.readInt32BE(0);
    const now = 0x4e20_1f90;
    bytes.writeInt32BE(now, 0);
    t.equal(before ^ crc32cChange(old ^ now, length - 4), crc32c(bytes, 0, length), `${length} bytes`);
  }
});
