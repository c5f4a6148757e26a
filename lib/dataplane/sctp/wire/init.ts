// dataplane/sctp/wire/init.ts: takes out of an INIT or INIT ACK what would lead peers round the relay: addresses, which
// a peer would answer to directly, and the means to change them later; and the offer of ECN, since the bits of the IP
// header that it needs do not get through. Pure; in place, since the packet only shrinks.
import { chunkLength } from './chunks.js';
import {
  chunkHeader,
  chunkType,
  commonHeader,
  initChunk,
  padded,
  parameterHeader,
  parameterType,
} from './format.js';

const leftOut: ReadonlySet<number> = new Set([
  parameterType.ipv4Address,
  parameterType.ipv6Address,
  parameterType.hostName,
  parameterType.addIp,
  parameterType.deleteIp,
  parameterType.setPrimary,
  parameterType.ecnCapable,
]);

/** The tag that its sender wants to be called by; 0 is not allowed (RFC 9260, section 3.3.2). */
export function initiateTag(bytes: Buffer, packet: number): number {
  return bytes.readInt32BE(packet + commonHeader.size + initChunk.initiateTag);
}

/**
 * Rewrites the packet at [packet, end), whose only chunk is an INIT or INIT ACK, and returns where it ends now; -1 where
 * it is malformed. The checksum is left as it was.
 */
export function stripAddresses(bytes: Buffer, packet: number, end: number): number {
  const chunk = packet + commonHeader.size;
  const chunkEnd = chunk + chunkLength(bytes, chunk);
  if (chunkEnd > end || chunkEnd - chunk < initChunk.size || initiateTag(bytes, packet) === 0) return -1;
  let from = chunk + initChunk.size;
  let to = from;
  // Without the last parameter's padding, which the chunk's length does not count (RFC 9260, section 3.2).
  let unpaddedTo = to;
  while (from < chunkEnd) {
    if (chunkEnd - from < parameterHeader.size) return -1;
    const length = bytes.readUInt16BE(from + parameterHeader.length);
    if (length < parameterHeader.size || length > chunkEnd - from) return -1;
    const kept = keep(bytes, from, length, to);
    if (kept > 0) {
      unpaddedTo = to + kept;
      to += padded(kept);
      bytes.fill(0, unpaddedTo, Math.min(to, end));
    }
    from += padded(length);
  }
  bytes.writeUInt16BE(unpaddedTo - chunk, chunk + chunkHeader.length);
  return Math.min(to, end);
}

/** Moves the parameter at `from` to `to`, which is not behind it; how long it is there, 0: left out. */
function keep(bytes: Buffer, from: number, length: number, to: number): number {
  const type = bytes.readUInt16BE(from);
  if (leftOut.has(type)) return 0;
  if (type !== parameterType.supportedExtensions) {
    bytes.copyWithin(to, from, from + length);
    return length;
  }
  let kept = parameterHeader.size;
  for (let at = parameterHeader.size; at < length; at++) {
    const extension = bytes[from + at] ?? 0;
    if (extension !== chunkType.asconf && extension !== chunkType.asconfAck) bytes[to + kept++] = extension;
  }
  if (kept === parameterHeader.size) return 0;
  bytes.writeUInt16BE(type, to);
  bytes.writeUInt16BE(kept, to + parameterHeader.length);
  return kept;
}
