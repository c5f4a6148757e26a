// dataplane/sctp/relay/packet.ts: a packet that has arrived, as the relay looks at it. One object for all packets of a
// thread: nothing is allocated for each.
import { type ChunkSummary, summarizeChunks } from '../wire/chunks.js';
import { crc32c } from '../wire/crc32c.js';
import { chunkHeader, commonHeader } from '../wire/format.js';
import { type IpWords, isUnicast } from '../wire/ip-words.js';
import type { PacketMemory } from './transport.js';

export class Packet implements ChunkSummary {
  memory: PacketMemory;
  /** The SCTP packet lies at [at, end). */
  at = 0;
  end = 0;
  readonly source: IpWords = new Int32Array(4);
  readonly destination: IpWords = new Int32Array(4);
  /** Index of the interface it came by, where its source is link-local; else 0. */
  scope = 0;
  /** Its sender lets routers cut it up, so does not ask for the path's MTU. */
  mayFragment = false;

  sourcePort = 0;
  destinationPort = 0;
  /** The verification tag. */
  tag = 0;
  /** What the checksum is or should be: a packet that has not left its host may have none. */
  checksum = 0;
  types = 0;
  isReflected = false;
  count = 0;
  payloadBytes = 0;

  constructor(memory: PacketMemory) {
    this.memory = memory;
  }

  /** False: too short for a header and a chunk. */
  readHeader(): boolean {
    const { bytes } = this.memory;
    const { at } = this;
    if (this.end - at < commonHeader.size + chunkHeader.size) return false;
    this.sourcePort = bytes.readUInt16BE(at + commonHeader.sourcePort);
    this.destinationPort = bytes.readUInt16BE(at + commonHeader.destinationPort);
    this.tag = bytes.readInt32BE(at + commonHeader.tag);
    return true;
  }

  /** Not from or to a broadcast, multicast or unspecified address. */
  isUnicast(): boolean {
    return isUnicast(this.source) && isUnicast(this.destination);
  }

  /** A checksum of 0 is as good as the right one: senders on this host leave it to a network card that never comes. */
  isIntact(): boolean {
    const { bytes } = this.memory;
    const field = this.at + commonHeader.checksum;
    const received = bytes.readInt32LE(field);
    bytes.writeInt32LE(0, field);
    this.checksum = crc32c(bytes, this.at, this.end);
    bytes.writeInt32LE(received, field);
    return received === 0 || received === this.checksum;
  }

  isWellFormed(): boolean {
    return summarizeChunks(this.memory.bytes, this.at + commonHeader.size, this.end, this);
  }

  has(bits: number): boolean {
    return (this.types & bits) !== 0;
  }
}
