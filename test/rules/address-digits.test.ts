// Addresses as digits and back, and prefixes of them.
import t from 'tap';
import { addressDigits, addressText, maskDigits } from '../../lib/rules/address-digits.js';

const table: readonly [ip: string, digits: string, printed?: string][] = [
  ['10.96.0.1', '0a600001'],
  ['255.255.255.255', 'ffffffff'],
  ['fd00:10:96::1', 'fd000010009600000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['64:ff9b::10.0.0.1', '0064ff9b00000000000000000a000001', '64:ff9b::a00:1'],
];

t.test('there and back', async (t) => {
  for (const [ip, digits, printed = ip] of table) {
    t.equal(addressDigits(ip), digits, ip);
    t.equal(addressText(digits), printed, digits);
  }
});

t.test('masks of any length', async (t) => {
  const masked: readonly [bits: number, digits: string][] = [
    [0, '0000'],
    [1, '8000'],
    [6, 'fc00'],
    [7, 'fe00'],
    [8, 'ff00'],
    [16, 'ffff'],
  ];
  for (const [bits, digits] of masked) t.equal(maskDigits('ffff', bits), digits, `${bits} bits`);
});
