// One spelling per range of addresses.
import t from 'tap';
import { cidrOf, isInCidr } from '../../lib/model/cidr.js';

t.test('every range has one spelling', async (t) => {
  const table: readonly [text: string, expected: string | undefined][] = [
    ['10.0.0.0/8', 'IPv4 10.0.0.0/8'],
    ['10.1.2.3/8', 'IPv4 10.0.0.0/8'],
    ['10.1.255.3/23', 'IPv4 10.1.254.0/23'],
    ['192.0.2.1/32', 'IPv4 192.0.2.1/32'],
    ['192.0.2.1/0', 'IPv4 0.0.0.0/0'],
    ['255.255.255.255/31', 'IPv4 255.255.255.254/31'],
    ['203.0.113.000/025', 'IPv4 203.0.113.0/25'],
    ['FD00:0::/64', 'IPv6 fd00::/64'],
    ['fd00:1:2:3:4:5:6:7/64', 'IPv6 fd00:1:2:3::/64'],
    ['fd00:1:2:3:4:5:6:ffff/121', 'IPv6 fd00:1:2:3:4:5:6:ff80/121'],
    ['ffff::1/1', 'IPv6 8000::/1'],
    ['::1/128', 'IPv6 ::1/128'],
    ['fd00::1/0', 'IPv6 ::/0'],
    ['64:ff9b::192.0.2.33/120', 'IPv6 64:ff9b::c000:200/120'],
    ['192.0.2.1', undefined],
    ['192.0.2.1/', undefined],
    ['192.0.2.1/33', undefined],
    ['192.0.2.1/-1', undefined],
    ['192.0.2.1/24 ', undefined],
    ['192.0.2/24', undefined],
    ['fd00::/129', undefined],
    ['::ffff:10.0.0.0/104', undefined],
    ['fe80::%eth0/64', undefined],
    ['/24', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) {
    const cidr = cidrOf(text);
    t.equal(cidr && `${cidr.ipFamily} ${cidr.text}`, expected, text);
    if (cidr !== undefined) t.equal(cidr.prefixLength, Number(cidr.text.split('/')[1]));
  }
});

t.test('an address is in a range of its own family or in none', async (t) => {
  const isIn = (ip: string, range: string): boolean => {
    const cidr = cidrOf(range);
    return cidr !== undefined && isInCidr(ip, cidr);
  };
  t.ok(isIn('10.1.2.3', '10.0.0.0/8'));
  t.notOk(isIn('11.1.2.3', '10.0.0.0/8'));
  t.ok(isIn('fd00:0:0:1::9', 'fd00:0:0:1::/64'));
  t.notOk(isIn('fd00:0:0:2::9', 'fd00:0:0:1::/64'));
  t.notOk(isIn('10.1.2.3', '::/0'));
  t.notOk(isIn('fd00::1', '0.0.0.0/0'));
});
