// Keys and what a rule must match to catch all keys with a prefix, spelled as iptables-save spells it.
import t from 'tap';
import { portalKeyDigits, prefixMatch, protocolOf, sharedBits, slotAt } from '../../lib/rules/portal-key.js';
import { nodePort, portal } from '../states/example-portals.js';

const addresses: readonly [ip: string, digits: string][] = [
  ['10.96.0.1', '0a600001'],
  ['255.255.255.255', 'ffffffff'],
  ['fd00:10:96::1', 'fd000010009600000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fe80::', 'fe800000000000000000000000000000'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['64:ff9b::10.0.0.1', '0064ff9b00000000000000000a000001'],
];

t.test('address, protocol and port as digits', async (t) => {
  for (const [ip, digits] of addresses) t.equal(portalKeyDigits(portal(ip, 80)), `${digits}00050`, ip);
  t.equal(portalKeyDigits(portal('10.0.0.1', 65_535, { protocol: 'UDP' })), '0a0000011ffff');
  t.equal(portalKeyDigits(portal('10.0.0.1', 1, { protocol: 'SCTP' })), '0a00000120001');
});

t.test('two bits at a time', async (t) => {
  t.same(
    [0, 2, 4, 6].map((bit) => slotAt('1b', bit)),
    [0, 1, 2, 3],
  );
  t.equal(sharedBits('0a60', '0a60'), 16);
  t.equal(sharedBits('0a60', '0a70'), 10);
  t.equal(sharedBits('0a60', '8a60'), 0);
});

t.test('a prefix as a match', async (t) => {
  const ofIPv4 = portalKeyDigits(portal('10.97.255.9', 8081, { protocol: 'UDP' }));
  const ofIPv6 = portalKeyDigits(portal('fd00:10:96::abcd', 80));
  t.equal(prefixMatch(ofIPv4, 2, 32), '-d 0.0.0.0/2');
  t.equal(prefixMatch(ofIPv4, 14, 32), '-d 10.96.0.0/14');
  t.equal(prefixMatch(ofIPv4, 32, 32), '-d 10.97.255.9/32');
  t.equal(prefixMatch(ofIPv4, 34, 32), '-d 10.97.255.9/32', 'no prefix of a protocol can be matched');
  t.equal(prefixMatch(ofIPv4, 36, 32), '-d 10.97.255.9/32 -p udp');
  t.equal(prefixMatch(ofIPv4, 38, 32), '-d 10.97.255.9/32 -p udp -m udp --dport 0:16383');
  t.equal(prefixMatch(ofIPv4, 50, 32), '-d 10.97.255.9/32 -p udp -m udp --dport 8080:8083');
  t.equal(prefixMatch(ofIPv6, 108, 128), '-d fd00:10:96::/108');
  t.equal(prefixMatch(ofIPv6, 120, 128), '-d fd00:10:96::ab00/120');
  t.equal(prefixMatch(ofIPv6, 132, 128), '-d fd00:10:96::abcd/128 -p tcp');
  t.equal(prefixMatch(ofIPv6, 148, 128), '-d fd00:10:96::abcd/128 -p tcp -m tcp --dport 80');
});

t.test('a nodePort is a protocol and a port', async (t) => {
  const digits = portalKeyDigits(nodePort('IPv6', 30_000, { protocol: 'SCTP' }));
  t.equal(digits, '27530');
  t.equal(protocolOf(digits), 'SCTP');
  t.equal(prefixMatch(digits, 4, 0), '-p sctp');
  t.equal(prefixMatch(digits, 16, 0), '-p sctp -m sctp --dport 30000:30015');
});
