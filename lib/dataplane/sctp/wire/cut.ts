// dataplane/sctp/wire/cut.ts: where to cut a packet that is too big for its way. A kernel sender on this host hands over
// up to 64 KB: the chunks of many packets behind one common header. Pure.
import { chunkLength } from './chunks.js';
import { chunkType, padded } from './format.js';

/**
 * Where the packet ends whose first chunk is at `start`: as many whole chunks as fit, and at least one. AUTH starts a
 * packet, and what it authenticates stays with it: everything up to the next AUTH (RFC 4895, section 6.2).
 * @param end of the chunks, which summarizeChunks() has found whole
 * @param room for chunks in one packet, in bytes
 */
export function cutAt(bytes: Buffer, start: number, end: number, room: number): number {
  const isAuthenticated = bytes[start] === chunkType.auth;
  let at = afterChunk(bytes, start, end);
  while (at < end && bytes[at] !== chunkType.auth) {
    const next = afterChunk(bytes, at, end);
    if (!isAuthenticated && next - start > room) break;
    at = next;
  }
  return at;
}

/** In bytes, padding included. @param end as above */
export function longestChunk(bytes: Buffer, start: number, end: number): number {
  let longest = 0;
  for (let at = start; at < end; ) {
    const next = afterChunk(bytes, at, end);
    longest = Math.max(longest, next - at);
    at = next;
  }
  return longest;
}

/** The last chunk's padding may be missing. */
function afterChunk(bytes: Buffer, at: number, end: number): number {
  return Math.min(at + padded(chunkLength(bytes, at)), end);
}
