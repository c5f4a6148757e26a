// What model/ip.ts calls one address, and how it prints it.
import t from 'tap';
import { canonicalIp, hostPort, hostPrefix, ipFamilyOf, looseIp } from '../../lib/model/ip.js';

t.test('every address has one spelling', async (t) => {
  const table: readonly [string, string | undefined][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['FD00:0:0::1', 'fd00::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', undefined],
    ['10.0.0', undefined],
    ['fe80::1%eth0', undefined],
    ['', undefined],
    ['None', undefined],
  ];
  for (const [text, expected] of table) t.equal(canonicalIp(text), expected, text);
});

t.test('families and the prefix and port forms', async (t) => {
  t.equal(ipFamilyOf('10.0.0.1'), 'IPv4');
  t.equal(ipFamilyOf('fd00::1'), 'IPv6');
  t.equal(ipFamilyOf('example'), undefined);
  t.equal(hostPrefix('10.0.0.1'), '10.0.0.1/32');
  t.equal(hostPrefix('fd00::1'), 'fd00::1/128');
  t.equal(hostPort('fd00::1', 80), '[fd00::1]:80');
});

t.test('leading zeros of old objects are decimal', async (t) => {
  const table: readonly [string, string | undefined][] = [
    ['172.30.0.041', '172.30.0.41'],
    ['010.000.0.1', '10.0.0.1'],
    ['10.0.0.256', undefined],
    ['10.0.0.0001', undefined],
    ['10.0.0', undefined],
    ['FD00::1', 'fd00::1'],
    ['', undefined],
  ];
  for (const [text, expected] of table) t.equal(looseIp(text), expected, text);
});
