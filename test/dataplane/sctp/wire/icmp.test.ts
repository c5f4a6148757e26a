import t from 'tap';
import { IcmpError, writeTooBig } from '../../../../lib/dataplane/sctp/wire/icmp.js';
import { internetChecksum } from '../../../../lib/dataplane/sctp/wire/ip-header.js';
import { ipText, ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';

const families = [
  { ipFamily: 'IPv4', source: '10.0.0.1', destination: '10.0.0.2', type: 3, code: 4 },
  { ipFamily: 'IPv6', source: 'fd00::1', destination: 'fd00::2', type: 2, code: 0 },
] as const;

for (const { ipFamily, source, destination, type, code } of families) {
  t.test(`${ipFamily}: what is written can be read`, async (t) => {
    const bytes = Buffer.alloc(200, 0xff);
    const quoted = {
      source: ipWords(source),
      destination: ipWords(destination),
      sourcePort: 4000,
      destinationPort: 10_000,
      tag: 0x1234,
      length: 1480,
    };
    const end = writeTooBig(bytes, 10, quoted, 1400);
    t.same([bytes[10], bytes[11]], [type, code]);
    if (ipFamily === 'IPv4') t.equal(internetChecksum(bytes, 10, end), 0, 'the checksum is right');
    const error = new IcmpError();
    t.ok(error.read(ipFamily, bytes, 10, end));
    t.match(error, { kind: 'too-big', mtu: 1400, sourcePort: 4000, destinationPort: 10_000, tag: 0x1234 });
    t.match(error, { initiateTag: 0, payloadLength: 1480 });
    t.same([ipText(error.source), ipText(error.destination)], [source, destination]);
    for (let length = 0; length < end - 10 - 8; length++) {
      t.equal(error.read(ipFamily, bytes, 10, 10 + length), false, `${length} bytes of it say nothing`);
    }
  });
}

t.test('what is not about SCTP, or no error, is nothing to us', async (t) => {
  const bytes = Buffer.alloc(64);
  const error = new IcmpError();
  bytes[8] = 0x45;
  bytes[17] = 6;
  bytes[0] = 3;
  t.equal(error.read('IPv4', bytes, 0, 64), false, 'about TCP');
  bytes[17] = 132;
  t.equal(error.read('IPv4', bytes, 0, 64), true);
  t.equal(error.kind, 'unreachable');
  bytes[0] = 8;
  t.equal(error.read('IPv4', bytes, 0, 64), false, 'a ping');
  bytes[0] = 3;
  bytes[15] = 1;
  t.equal(error.read('IPv4', bytes, 0, 64), false, 'about a later fragment');
});

t.test('IPv6: a host without SCTP says so by a parameter problem', async (t) => {
  const bytes = Buffer.alloc(64);
  const error = new IcmpError();
  bytes[0] = 4;
  bytes[1] = 1;
  bytes[8] = 0x60;
  bytes[14] = 132;
  t.equal(error.read('IPv6', bytes, 0, 64), true);
  t.equal(error.kind, 'unreachable');
  bytes[1] = 0;
  t.equal(error.read('IPv6', bytes, 0, 64), false, 'any other problem');
});
