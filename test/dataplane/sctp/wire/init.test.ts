import t from 'tap';
import { initiateTag, stripAddresses } from '../../../../lib/dataplane/sctp/wire/init.js';
import {
  chunk,
  init,
  parameter,
  parametersOf,
  parseSctp,
  sctp,
  types,
} from '../../../support/sctp-packets.js';

/** The packet as it is afterwards; undefined: it was found malformed. */
function stripped(packet: Buffer): Buffer | undefined {
  const bytes = Buffer.concat([Buffer.alloc(8, 0xee), packet]);
  const end = stripAddresses(bytes, 8, bytes.length);
  return end === -1 ? undefined : bytes.subarray(8, end);
}

function parametersAfter(parameters: readonly Buffer[], type: number = types.init): readonly unknown[] {
  const packet = stripped(sctp(1, 2, 0, [init(77, parameters, type)]));
  const [found] = packet === undefined ? [] : parseSctp(packet).chunks;
  return found === undefined ? ['malformed'] : parametersOf(found);
}

const kept = [
  { type: 0x8003, body: Buffer.alloc(0) },
  { type: 7, body: Buffer.from('cookie') },
  { type: 0xc006, body: Buffer.of(0, 0, 0, 1) },
];

t.test('every kind of address goes, everything else stays as it was', async (t) => {
  const addresses = [
    parameter(5, Buffer.of(10, 0, 0, 1)),
    parameter(6, Buffer.alloc(16, 1)),
    parameter(11, Buffer.from('host\0')),
    parameter(0xc001, Buffer.alloc(12)),
    parameter(0xc002, Buffer.alloc(12)),
    parameter(0xc004, Buffer.alloc(12)),
  ];
  for (const type of [types.init, types.initAck]) {
    const [first, second, third] = kept.map((each) => parameter(each.type, each.body));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three are kept');
    const [a = first, b = first, c = first, d = first, e = first, f = first] = addresses;
    t.same(parametersAfter([a, b, first, c, second, d, e, third, f], type), kept);
    t.same(parametersAfter([first, second, third], type), kept);
    t.same(parametersAfter(addresses, type), []);
  }
});

t.test('ASCONF is no supported extension any more', async (t) => {
  const extensions = (hex: string): Buffer => parameter(0x8008, Buffer.from(hex, 'hex'));
  t.same(parametersAfter([extensions('c182800f')]), [{ type: 0x8008, body: Buffer.from('820f', 'hex') }]);
  t.same(parametersAfter([extensions('c180')]), []);
  t.same(parametersAfter([extensions('c0'), ...kept.map(({ type, body }) => parameter(type, body))]), [
    { type: 0x8008, body: Buffer.from('c0', 'hex') },
    ...kept,
  ]);
});

t.test('the length does not count the padding of the last parameter', async (t) => {
  const packet = stripped(
    sctp(1, 2, 0, [init(77, [parameter(7, Buffer.from('12345')), parameter(5, Buffer.alloc(4))])]),
  );
  t.equal(packet?.readUInt16BE(14), 20 + 9);
  t.equal(packet?.length, 12 + 20 + 12);
  t.equal(packet && initiateTag(packet, 0), 77);
});

t.test('what is malformed is refused', async (t) => {
  const withParameter = (...bytes: readonly number[]): Buffer =>
    chunk(types.init, Buffer.concat([init(77).subarray(4), Buffer.from(bytes)]));
  const table: readonly [string, Buffer][] = [
    ['no tag', init(0)],
    ['too short for its fixed part', chunk(types.init, Buffer.alloc(12))],
    ['a parameter of length 0', withParameter(0, 5, 0, 0)],
    ['a parameter of length 3', withParameter(0, 5, 0, 3)],
    ['a parameter that is longer than the chunk', withParameter(0, 5, 0, 9, 0, 0, 0, 0)],
    ['half a parameter header', withParameter(0, 5)],
  ];
  for (const [what, made] of table) t.equal(stripped(sctp(1, 2, 0, [made])), undefined, what);
});

t.test('ECN is not offered: its bits do not get through', async (t) => {
  for (const type of [types.init, types.initAck]) {
    const cookie = parameter(7, Buffer.from('cookie'));
    t.same(parametersAfter([parameter(0x8000, Buffer.alloc(0)), cookie], type), [kept[1]]);
  }
});
