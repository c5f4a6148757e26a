// dataplane/sctp/wire/answers.ts: the few packets that the relay itself has to say. Pure: written into the caller's memory.
import { crc32c } from './crc32c.js';
import { chunkHeader, chunkType, commonHeader, reflectedTag } from './format.js';

export type AnswerKind =
  | 'abort'
  | 'abort-out-of-resource'
  | 'abort-reflected'
  | 'shutdown-complete-reflected'
  /**
   * Passed over by whoever has the association; whoever has lost it answers with an ABORT (RFC 9260, section 8.4). Not a
   * PAD chunk (RFC 4820): Linux, from 5.14 on, passes over that one even then.
   */
  | 'question';

/** Error cause "Out of Resource" (RFC 9260, section 3.3.10.4): no more than its header. */
const outOfResource = { code: 4, size: 4 };

/** A packet of one chunk at `at`, without ports and checksum, which are its sender's to write. Returns where it ends. */
export function writeAnswer(bytes: Buffer, at: number, kind: AnswerKind, tag: number): number {
  const chunk = at + commonHeader.size;
  const isReflected = kind === 'abort-reflected' || kind === 'shutdown-complete-reflected';
  bytes.writeInt32BE(tag, at + commonHeader.tag);
  bytes[chunk] = typeOf(kind);
  bytes[chunk + chunkHeader.flags] = isReflected ? reflectedTag : 0;
  const length = chunkHeader.size + (kind === 'abort-out-of-resource' ? outOfResource.size : 0);
  bytes.writeUInt16BE(length, chunk + chunkHeader.length);
  if (length > chunkHeader.size) {
    bytes.writeUInt16BE(outOfResource.code, chunk + chunkHeader.size);
    bytes.writeUInt16BE(outOfResource.size, chunk + chunkHeader.size + 2);
  }
  return chunk + length;
}

function typeOf(kind: AnswerKind): number {
  if (kind === 'question') return chunkType.unknown;
  return kind === 'shutdown-complete-reflected' ? chunkType.shutdownComplete : chunkType.abort;
}

export function writePorts(bytes: Buffer, at: number, source: number, destination: number): void {
  bytes.writeUInt16BE(source, at + commonHeader.sourcePort);
  bytes.writeUInt16BE(destination, at + commonHeader.destinationPort);
}

/** Computes the checksum of the packet at [at, end) and writes it. */
export function seal(bytes: Buffer, at: number, end: number): void {
  bytes.writeInt32LE(0, at + commonHeader.checksum);
  bytes.writeInt32LE(crc32c(bytes, at, end), at + commonHeader.checksum);
}
