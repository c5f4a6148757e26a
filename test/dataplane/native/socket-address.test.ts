// Addresses to and from the bytes that the kernel takes.
import { isIPv6 } from 'node:net';
import t from 'tap';
import {
  encodeSockaddr,
  formatIpv6,
  ipOf,
  ipv6Bytes,
  portOf,
  sockaddrSize,
} from '../../../lib/dataplane/native/socket-address.js';
import { canonicalIp } from '../../../lib/model/ip.js';

t.test('an IPv4 endpoint is a struct sockaddr_in', async (t) => {
  const sockaddr = Buffer.from(encodeSockaddr({ ip: '10.1.2.255', port: 0x1234 }));
  t.equal(sockaddr.toString('hex'), '020012340a0102ff0000000000000000');
  t.equal(ipOf(sockaddr, 'IPv4'), '10.1.2.255');
  t.equal(portOf(sockaddr), 0x1234);
});

t.test('an IPv6 endpoint is a struct sockaddr_in6', async (t) => {
  const sockaddr = Buffer.from(encodeSockaddr({ ip: 'fd00::1', port: 443 }));
  t.equal(sockaddr.toString('hex'), '0a0001bb00000000fd00000000000000000000000000000100000000');
  t.equal(sockaddr.length, sockaddrSize('IPv6'));
  t.equal(ipOf(sockaddr, 'IPv6'), 'fd00::1');
});

t.test('a link-local address is told with its link', async (t) => {
  const sockaddr = Buffer.from('0a0001bb00000000fe80000000000000000000000000000203000000', 'hex');
  t.equal(ipOf(sockaddr, 'IPv6'), 'fe80::2%3');
  t.equal(ipOf(Buffer.concat([Buffer.alloc(4), sockaddr]), 'IPv6', 4), 'fe80::2%3');
});

t.test('IPv6 is written as Node writes it', async (t) => {
  for (const ip of [
    '::',
    '::1',
    'fd00::',
    '1::8',
    '1:0:0:4::8',
    '2001:db8:0:1:1:1:1:1',
    '1:2:3:4:5:6:7:8',
    '0:0:3::',
    'fe80::a:b',
    '64:ff9b::192.0.2.33',
  ]) {
    t.equal(formatIpv6(ipv6Bytes(ip), 0), canonicalIp(ip), ip);
  }
});

t.test('what is no address is refused', async (t) => {
  for (const ip of ['1.2.3', '1.2.3.256', 'a.b.c.d', '1:2:3', ':::', '1::2::3', '12345::', 'fe80::1%eth0']) {
    t.equal(isIPv6(ip) && !ip.includes('%'), false);
    t.throws(() => encodeSockaddr({ ip, port: 1 }), RangeError, ip);
  }
});
