// test/support/sctp-packets.ts: SCTP packets made and taken apart by hand, written from the RFC and not from lib/, so that
// the two check each other. Slow and plain.

export interface Chunk {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

export interface SctpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tag: number;
  readonly chunks: readonly Chunk[];
  readonly checksumIsRight: boolean;
}

export const types = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  auth: 15,
} as const;

/** A bit at a time. */
export function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function tlv(head: readonly number[], body: Uint8Array): Buffer {
  const length = 4 + body.length;
  return pad(Buffer.concat([Buffer.from([...head, length >> 8, length & 255]), body]));
}

export function chunk(type: number, body: Uint8Array = Buffer.alloc(0), flags = 0): Buffer {
  return tlv([type, flags], body);
}

export function parameter(type: number, body: Uint8Array): Buffer {
  return tlv([type >> 8, type & 255], body);
}

/** INIT, or INIT ACK with `type`. The length does not count the last parameter's padding. */
export function init(tag: number, parameters: readonly Buffer[] = [], type: number = types.init): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32BE(tag >>> 0, 0);
  fixed.writeUInt32BE(65_536, 4);
  fixed.writeUInt16BE(10, 8);
  fixed.writeUInt16BE(10, 10);
  fixed.writeUInt32BE(1000, 12);
  const made = chunk(type, Buffer.concat([fixed, ...parameters]));
  const last = parameters.at(-1);
  if (last !== undefined) made.writeUInt16BE(made.length - (last.length - last.readUInt16BE(2)), 2);
  return made;
}

export function data(payload: Uint8Array | string, tsn = 1000, stream = 0): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(tsn >>> 0, 0);
  head.writeUInt16BE(stream, 4);
  return chunk(types.data, Buffer.concat([head, Buffer.from(payload)]), 3);
}

/** @param checksum right: computed; none: 0; wrong: off by some bits */
export function sctp(
  sourcePort: number,
  destinationPort: number,
  tag: number,
  chunks: readonly Buffer[],
  checksum: 'right' | 'none' | 'wrong' = 'right',
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(sourcePort, 0);
  head.writeUInt16BE(destinationPort, 2);
  head.writeUInt32BE(tag >>> 0, 4);
  const packet = Buffer.concat([head, ...chunks]);
  const right = slowCrc32c(packet);
  if (checksum !== 'none') packet.writeUInt32LE(checksum === 'right' ? right : (right ^ 0xdead) >>> 0, 8);
  return packet;
}

export function parseSctp(packet: Buffer): SctpPacket {
  const chunks: Chunk[] = [];
  for (let at = 12; at + 4 <= packet.length; ) {
    const length = packet.readUInt16BE(at + 2);
    if (length < 4) break;
    chunks.push({
      type: packet[at] ?? 0,
      flags: packet[at + 1] ?? 0,
      body: Buffer.from(packet.subarray(at + 4, at + length)),
    });
    at += length + (-length & 3);
  }
  const unsealed = Buffer.from(packet);
  unsealed.writeUInt32LE(0, 8);
  return {
    sourcePort: packet.readUInt16BE(0),
    destinationPort: packet.readUInt16BE(2),
    tag: packet.readUInt32BE(4),
    chunks,
    checksumIsRight: packet.readUInt32LE(8) === slowCrc32c(unsealed),
  };
}

export interface Parameter {
  readonly type: number;
  readonly body: Buffer;
}

/** Of an INIT or INIT ACK. */
export function parametersOf({ body }: Chunk): readonly Parameter[] {
  const parameters: Parameter[] = [];
  for (let at = 16; at + 4 <= body.length; ) {
    const length = body.readUInt16BE(at + 2);
    if (length < 4) break;
    parameters.push({ type: body.readUInt16BE(at), body: Buffer.from(body.subarray(at + 4, at + length)) });
    at += length + (-length & 3);
  }
  return parameters;
}

/** The tag inside of an INIT or INIT ACK. */
export function initiateTagOf({ body }: Chunk): number {
  return body.readUInt32BE(0);
}
