// Which addresses a Service or an endpoint can have.
import t from 'tap';
import { unicastIp } from '../../lib/model/unicast-ip.js';

t.test('one host, one spelling, no zone', async (t) => {
  const table: readonly [unknown, string][] = [
    ['10.0.0.1', 'IPv4 10.0.0.1'],
    ['127.0.0.1', 'IPv4 127.0.0.1'],
    ['FD00::0:1', 'IPv6 fd00::1'],
    ['::1', 'IPv6 ::1'],
    ['10.180.00.001', 'IPv4 10.180.0.1'],
    ['::ffff:10.0.0.1', 'IPv4 10.0.0.1'],
    ['223.255.255.255', 'IPv4 223.255.255.255'],
    ['240.0.0.1', 'IPv4 240.0.0.1'],
    ['0.0.0.0', '"0.0.0.0" is the unspecified address'],
    ['0:0::0', '"0:0::0" is the unspecified address'],
    ['::ffff:0.0.0.0', '"::ffff:0.0.0.0" is the unspecified address'],
    ['224.0.0.1', '"224.0.0.1" is a multicast address'],
    ['239.255.255.255', '"239.255.255.255" is a multicast address'],
    ['ff02::1', '"ff02::1" is a multicast address'],
    ['255.255.255.255', '"255.255.255.255" is the broadcast address'],
    ['fe80::1%eth0', '"fe80::1%eth0" is an address with a zone, which means nothing outside one link'],
    ['example', '"example" is not an IP address'],
    ['', '"" is not an IP address'],
    [undefined, 'nothing is not an IP address'],
    [10, '10 is not an IP address'],
  ];
  for (const [value, expected] of table) {
    const address = unicastIp(value);
    t.equal(address.ok ? `${address.ipFamily} ${address.ip}` : address.message, expected);
  }
});

t.test('the wrong family is refused', async (t) => {
  t.match(unicastIp('fd00::1', 'IPv4'), { ok: false, message: '"fd00::1" is not an IPv4 address' });
  t.match(unicastIp('10.0.0.1', 'IPv6'), { ok: false });
  t.match(unicastIp('::ffff:10.0.0.1', 'IPv6'), { ok: false }, 'IPv4-mapped is IPv4');
  t.match(unicastIp('fd00::1', 'IPv6'), { ok: true });
});
