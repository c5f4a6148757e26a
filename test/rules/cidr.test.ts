// Ranges of addresses: read, printed as iptables-save prints them, and what two of them share.
import t from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { cidrText, intersection, parseCidr } from '../../lib/rules/cidr.js';

const table: readonly [text: string, ipFamily: IpFamily, printed: string | undefined][] = [
  ['10.244.0.0/16', 'IPv4', '10.244.0.0/16'],
  ['10.244.3.9/15', 'IPv4', '10.244.0.0/15'],
  ['0.0.0.0/0', 'IPv4', '0.0.0.0/0'],
  ['192.0.2.1/32', 'IPv4', '192.0.2.1/32'],
  ['fd00:0:0:1::/64', 'IPv6', 'fd00:0:0:1::/64'],
  ['FD00::1/128', 'IPv6', 'fd00::1/128'],
  ['10.0.0.0/33', 'IPv4', undefined],
  ['10.0.0.0', 'IPv4', undefined],
  ['10.0.0.0/8/8', 'IPv4', undefined],
  ['10.0.0/8', 'IPv4', undefined],
  ['10.0.0.0/-1', 'IPv4', undefined],
  ['fd00::/64', 'IPv4', undefined],
  ['10.0.0.0/8', 'IPv6', undefined],
];

t.test('a CIDR of the family, and what is none', async (t) => {
  for (const [text, ipFamily, printed] of table) {
    const cidr = parseCidr(text, ipFamily);
    t.equal(cidr && cidrText(cidr), printed, `${text} in ${ipFamily}`);
  }
});

t.test('the narrower of two that are nested, and nothing of two that are not', async (t) => {
  const shared = (a: string, b: string) => {
    const ipFamily = a.includes(':') ? 'IPv6' : 'IPv4';
    const [first, second] = [parseCidr(a, ipFamily), parseCidr(b, ipFamily)];
    const both = first && second && intersection(first, second);
    return both && cidrText(both);
  };
  t.equal(shared('10.0.0.0/8', '10.244.0.0/16'), '10.244.0.0/16');
  t.equal(shared('10.244.0.0/16', '10.0.0.0/8'), '10.244.0.0/16');
  t.equal(shared('10.0.0.0/8', '11.0.0.0/8'), undefined);
  t.equal(shared('10.0.0.0/9', '10.128.0.0/9'), undefined);
  t.equal(shared('0.0.0.0/0', '192.0.2.1/32'), '192.0.2.1/32');
  t.equal(shared('fd00::/8', 'fd00:1::/33'), 'fd00:1::/33');
  t.equal(shared('10.0.0.0/8', '10.0.0.0/8'), '10.0.0.0/8');
});
