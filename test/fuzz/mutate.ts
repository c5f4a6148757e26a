// test/fuzz/mutate.ts: SCTP packets that are almost right: chunks and parameters of every kind, then bytes and lengths
// changed, cut, put in and taken out.
import { chunk, data, init, parameter, types } from '../support/sctp-packets.js';
import type { Random } from './random.js';

const bytesThatHurt = [0, 1, 2, 3, 4, 5, 7, 8, 127, 128, 254, 255];
const lengthsThatHurt = [0, 1, 2, 3, 4, 5, 7, 8, 16, 19, 20, 255, 1000, 65_535];

/** Of the kinds that INIT and INIT ACK may carry. */
function parameters(random: Random): readonly Buffer[] {
  const known = [
    () => parameter(5, Buffer.of(10, 0, 0, 1)),
    () => parameter(6, Buffer.alloc(16)),
    () => parameter(7, random.bytes(random.below(200))),
    () => parameter(9, Buffer.of(0, 0, 0, 1)),
    () => parameter(11, Buffer.from('host\0')),
    () => parameter(12, Buffer.of(0, 5, 0, 6)),
    () => parameter(0x8000, Buffer.alloc(0)),
    () => parameter(0x8002, random.bytes(32)),
    () => parameter(0x8003, Buffer.of(0, 0xc1)),
    () => parameter(0x8008, Buffer.from(random.pick(['c0', '8082c1', 'c180', '40c10080']), 'hex')),
    () => parameter(0xc001, random.bytes(12)),
    () => parameter(0xc004, random.bytes(12)),
    () => parameter(random.below(65_536), random.bytes(random.below(40))),
  ];
  return Array.from({ length: random.below(6) }, () => random.pick(known)());
}

/** A chunk of any kind, mostly well-formed. `tag`: what an INIT or INIT ACK offers. */
export function anyChunk(random: Random, tag: number): Buffer {
  const kinds = [
    () => init(tag, parameters(random)),
    () => init(tag, [...parameters(random), parameter(7, random.bytes(40))], types.initAck),
    () => chunk(types.cookieEcho, random.bytes(random.below(80))),
    () => chunk(types.cookieAck),
    () => data(random.bytes(random.below(300)), random.below(2 ** 32), random.below(16)),
    () => chunk(types.sack, random.bytes(12 + 4 * random.below(4))),
    () => chunk(types.heartbeat, parameter(1, random.bytes(8))),
    () => chunk(types.abort, parameter(12, Buffer.from('abcd')), random.below(2)),
    () => chunk(types.shutdown, random.bytes(4)),
    () => chunk(types.shutdownAck),
    () => chunk(types.shutdownComplete, Buffer.alloc(0), random.below(2)),
    () => chunk(types.error, parameter(3, random.bytes(4))),
    () => chunk(types.auth, random.bytes(24)),
    () => chunk(0xc1, Buffer.concat([random.bytes(4), parameter(5, Buffer.of(1, 2, 3, 4))])),
    () => chunk(random.below(256), random.bytes(random.below(60)), random.below(256)),
  ];
  return random.pick(kinds)();
}

/** As it is, or changed in up to six places. */
export function mutate(random: Random, original: Buffer): Buffer {
  if (random.chance(0.4)) return original;
  let bytes: Buffer = Buffer.from(original);
  for (let times = random.pick([1, 1, 1, 2, 3, 6]); times > 0 && bytes.length > 0; times--)
    bytes = change(random, bytes);
  return bytes;
}

function change(random: Random, bytes: Buffer): Buffer {
  const kind = random.next();
  const at = random.below(bytes.length);
  if (kind < 0.4) {
    bytes[at] = random.chance(0.5) ? random.pick(bytesThatHurt) : random.below(256);
    return bytes;
  }
  if (kind < 0.6) {
    if (bytes.length >= 2)
      bytes.writeUInt16BE(random.pick(lengthsThatHurt), Math.min(at & ~1, bytes.length - 2));
    return bytes;
  }
  if (kind < 0.75) return bytes.subarray(0, at);
  if (kind < 0.9)
    return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
}
