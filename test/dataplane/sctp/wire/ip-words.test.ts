import t from 'tap';
import {
  ipText,
  ipWords,
  isIpv4,
  isLinkLocal,
  isUnicast,
  sameIp,
  unspecified,
} from '../../../../lib/dataplane/sctp/wire/ip-words.js';

t.test('addresses to words and back', async (t) => {
  for (const ip of [
    '10.1.2.3',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    'fd00::1:2',
    '2001:db8::ff:fe00:1',
  ]) {
    t.equal(ipText(ipWords(ip)), ip);
    t.equal(isIpv4(ipWords(ip)), ip.includes('.'), ip);
    t.ok(sameIp(ipWords(ip), ipWords(ip)));
  }
  t.equal(sameIp(ipWords('10.0.0.1'), ipWords('10.0.0.2')), false);
  t.ok(sameIp(unspecified('IPv4'), ipWords('0.0.0.0')));
  t.ok(sameIp(unspecified('IPv6'), ipWords('::')));
});

t.test('who may be talked to', async (t) => {
  for (const ip of ['10.0.0.1', '127.0.0.1', '223.255.255.255', '::1', 'fe80::1', '2001:db8::1'])
    t.ok(isUnicast(ipWords(ip)), ip);
  for (const ip of ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1'])
    t.notOk(isUnicast(ipWords(ip)), ip);
  t.ok(isLinkLocal(ipWords('fe80::1')));
  t.ok(isLinkLocal(ipWords('febf::1')));
  t.notOk(isLinkLocal(ipWords('fec0::1')));
  t.notOk(isLinkLocal(ipWords('10.0.0.1')));
});
