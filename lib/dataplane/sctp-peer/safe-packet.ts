// dataplane/sctp-peer/safe-packet.ts: what node-sctp may see of a packet. Pure. It trusts every length that a packet names,
// so a stranger could stop its event loop or end its process with one packet: here the packet is taken apart and only
// what node-sctp needs and stands is put together again. What is left out a peer may leave out as well (RFC 9260).
import { chunkLength } from '../sctp/wire/chunks.js';
import {
  chunkHeader,
  chunkType,
  commonHeader,
  initChunk,
  padded,
  parameterHeader,
  parameterType,
} from '../sctp/wire/format.js';

/** Of a chunk, header included. */
const sackBytes = 16;
const shutdownBytes = 8;
const leastDataBytes = 17;
const gapBlockBytes = 4;
const heartbeatInfo = 1;
/** An unknown chunk with this bit is passed over; the whole packet is dropped without it (RFC 9260, section 3.2). */
const passOver = 0x80;

type Verdict = 'leave-out' | 'drop-packet' | Buffer;

/**
 * A copy without what could harm; its checksum is left as it was. Undefined: nothing is left, or it is malformed.
 * @param packet whose common header and checksum were found good
 */
export function safePacket(packet: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  let at = commonHeader.size;
  while (at < packet.length) {
    if (packet.length - at < chunkHeader.size) return undefined;
    const length = chunkLength(packet, at);
    if (length < chunkHeader.size || length > packet.length - at) return undefined;
    const isAlone = at === commonHeader.size && at + padded(length) >= packet.length;
    const verdict = safeChunk(packet.subarray(at, at + length), isAlone);
    if (verdict === 'drop-packet') return undefined;
    if (verdict !== 'leave-out') chunks.push(verdict, Buffer.alloc(padded(verdict.length) - verdict.length));
    at += padded(length);
  }
  if (chunks.length === 0) return undefined;
  return Buffer.concat([packet.subarray(0, commonHeader.size), ...chunks]);
}

function safeChunk(chunk: Buffer, isAlone: boolean): Verdict {
  const type = chunk[0] ?? 0;
  switch (type) {
    case chunkType.data:
      return chunk.length >= leastDataBytes ? chunk : 'drop-packet';
    case chunkType.init:
      return isAlone ? withoutParameters(chunk) : 'drop-packet';
    case chunkType.initAck:
      return isAlone ? withCookieOnly(chunk) : 'drop-packet';
    case chunkType.sack:
      return isSack(chunk) ? chunk : 'drop-packet';
    case chunkType.heartbeat:
      return isHeartbeat(chunk) ? chunk : 'drop-packet';
    case chunkType.abort:
      // Without its causes: one of length 0 is a loop without end.
      return resized(chunk, chunkHeader.size);
    case chunkType.shutdown:
      return chunk.length === shutdownBytes ? chunk : 'drop-packet';
    case chunkType.shutdownAck:
    case chunkType.cookieAck:
    case chunkType.shutdownComplete:
      return resized(chunk, chunkHeader.size);
    case chunkType.cookieEcho:
      return chunk;
    // Causes again; and of heartbeats none is sent.
    case chunkType.error:
    case chunkType.heartbeatAck:
      return 'leave-out';
    default:
      return (type & passOver) === 0 && type > chunkType.auth ? 'drop-packet' : 'leave-out';
  }
}

function resized(chunk: Buffer, length: number): Buffer {
  const copy = Buffer.from(chunk.subarray(0, length));
  copy.writeUInt16BE(length, chunkHeader.length);
  return copy;
}

/** Node-sctp needs none: addresses mean nothing to it here, and of extensions it knows no more than the names. */
function withoutParameters(init: Buffer): Verdict {
  if (!hasInitShape(init)) return 'drop-packet';
  return resized(init, initChunk.size);
}

function withCookieOnly(initAck: Buffer): Verdict {
  if (!hasInitShape(initAck)) return 'drop-packet';
  const cookie = parametersOf(initAck).find(
    (parameter) => parameter.readUInt16BE(parameterHeader.type) === parameterType.cookie,
  );
  if (cookie === undefined) return 'drop-packet';
  const head = resized(initAck, initChunk.size);
  head.writeUInt16BE(initChunk.size + cookie.length, chunkHeader.length);
  return Buffer.concat([head, cookie]);
}

/** Long enough, with a tag, and with parameters that fill it without a rest. */
function hasInitShape(chunk: Buffer): boolean {
  if (chunk.length < initChunk.size || chunk.readUInt32BE(initChunk.initiateTag) === 0) return false;
  const filled = parametersOf(chunk).reduce((sum, { length }) => sum + padded(length), initChunk.size);
  return filled >= chunk.length;
}

/** As far as their lengths make sense. */
function parametersOf(chunk: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = initChunk.size; chunk.length - at >= parameterHeader.size; ) {
    const length = chunk.readUInt16BE(at + parameterHeader.length);
    if (length < parameterHeader.size || length > chunk.length - at) return found;
    found.push(chunk.subarray(at, at + length));
    at += padded(length);
  }
  return found;
}

/** Its gaps are in order, so that reading them all takes 65,535 steps at most. */
function isSack(chunk: Buffer): boolean {
  if (chunk.length < sackBytes) return false;
  const gaps = chunk.readUInt16BE(12);
  const duplicates = chunk.readUInt16BE(14);
  if (chunk.length !== sackBytes + gapBlockBytes * (gaps + duplicates)) return false;
  let last = 0;
  for (let gap = 0; gap < gaps; gap++) {
    const start = chunk.readUInt16BE(sackBytes + gap * gapBlockBytes);
    const finish = chunk.readUInt16BE(sackBytes + gap * gapBlockBytes + 2);
    if (start <= last || finish < start) return false;
    last = finish;
  }
  return true;
}

function isHeartbeat(chunk: Buffer): boolean {
  if (chunk.length < chunkHeader.size + parameterHeader.size) return false;
  const type = chunk.readUInt16BE(chunkHeader.size);
  return type === heartbeatInfo && chunk.readUInt16BE(chunkHeader.size + 2) === chunk.length - 4;
}
