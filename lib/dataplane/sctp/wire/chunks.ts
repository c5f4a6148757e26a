// dataplane/sctp/wire/chunks.ts: walks the chunks of a packet. Pure, and without allocating: it is done for each packet.
import { chunkHeader, chunkType, dataHeaderBytes, iDataHeaderBytes, padded, reflectedTag } from './format.js';

/** What a packet holds. One object is used again and again. */
export interface ChunkSummary {
  /** Bit n: there is a chunk of type n. Types from 16 on are not told apart. */
  types: number;
  /** There is an ABORT or SHUTDOWN COMPLETE that sends its receiver's own tag back. */
  isReflected: boolean;
  count: number;
  /** Bytes of the user's messages. */
  payloadBytes: number;
}

/** As a bit of `types`. */
export function bitOf(type: number): number {
  return 1 << type;
}

const ends = bitOf(chunkType.abort) | bitOf(chunkType.shutdownComplete);

/**
 * False where a chunk is shorter than its header or longer than what is left, or where there is none; `summary` is
 * worth nothing then. The padding of the last chunk may be missing.
 */
export function summarizeChunks(bytes: Buffer, start: number, end: number, summary: ChunkSummary): boolean {
  summary.types = 0;
  summary.isReflected = false;
  summary.count = 0;
  summary.payloadBytes = 0;
  let at = start;
  while (at < end) {
    if (end - at < chunkHeader.size) return false;
    const type = bytes[at] ?? 0;
    const length = chunkLength(bytes, at);
    if (length < chunkHeader.size || length > end - at) return false;
    summary.count++;
    if (type < 16) summary.types |= bitOf(type);
    if ((ends & bitOf(type)) !== 0 && type < 16)
      summary.isReflected ||= ((bytes[at + chunkHeader.flags] ?? 0) & reflectedTag) !== 0;
    summary.payloadBytes += payloadBytes(type, length);
    at += padded(length);
  }
  return summary.count > 0;
}

/** As it says itself: without padding, not checked. */
export function chunkLength(bytes: Buffer, at: number): number {
  return ((bytes[at + chunkHeader.length] ?? 0) << 8) | (bytes[at + chunkHeader.length + 1] ?? 0);
}

function payloadBytes(type: number, length: number): number {
  if (type === chunkType.data) return Math.max(0, length - dataHeaderBytes);
  if (type === chunkType.iData) return Math.max(0, length - iDataHeaderBytes);
  return 0;
}
