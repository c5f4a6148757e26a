// dataplane/sctp-peer/sane-numbers.ts: whether the sequence numbers of a packet can be meant. Pure. Node-sctp takes each for
// a place in a list: one far ahead would make the list, and the walks through it, as long as the number says.
import { chunkLength } from '../sctp/wire/chunks.js';
import { chunkType, commonHeader, padded } from '../sctp/wire/format.js';

export interface SequenceNumbers {
  /** The last TSN of the peer up to which all have arrived; undefined: the handshake is not over. */
  readonly received: number | undefined;
  /** The TSN that our next DATA chunk will have. */
  readonly next: number;
}

/** A peer that keeps to the window we offer is never so far ahead, unless its messages are of a few bytes. */
const furthestAhead = 1024;
const half = 2 ** 31;

/** @param packet from safePacket() */
export function hasSaneNumbers(packet: Buffer, { received, next }: SequenceNumbers): boolean {
  for (let at = commonHeader.size; at < packet.length; at += padded(chunkLength(packet, at))) {
    const type = packet[at];
    if (type === chunkType.data && received !== undefined) {
      const ahead = distance(received, packet.readUInt32BE(at + 4));
      if (ahead > furthestAhead && ahead < half) return false;
    }
    if (type === chunkType.sack) {
      // What a gap block ends with counts from the cumulative number.
      const gaps = packet.readUInt16BE(at + 12);
      const last = gaps === 0 ? 0 : packet.readUInt16BE(at + 16 + 4 * gaps - 2);
      const acknowledged = packet.readUInt32BE(at + 4) + last;
      const behind = distance(acknowledged, next);
      if (behind === 0 || behind >= half) return false;
    }
  }
  return true;
}

/** From `from` to `to`, in serial number arithmetic (RFC 1982). */
function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}
