// dataplane/sctp/relay/sender.ts: sends on what has arrived, as it is but for ports and checksum, and says the few things
// that the relay itself has to say. Packets too big for their way are cut where they may be cut, and so is what is several
// packets: its receiver acknowledges every second packet, and one that gets them all in one waits with that for 200 ms.
import { constants } from 'node:os';
import { type AnswerKind, seal, writeAnswer, writePorts } from '../wire/answers.js';
import { crc32cChange } from '../wire/crc32c.js';
import { cutAt, longestChunk } from '../wire/cut.js';
import { commonHeader } from '../wire/format.js';
import { leastMtu, writeTooBig } from '../wire/icmp.js';
import { ipHeaderBytes } from '../wire/ip-header.js';
import { isIpv4 } from '../wire/ip-words.js';
import type { Totals } from './counters.js';
import type { Leg, LegEnds } from './leg.js';
import type { Packet } from './packet.js';
import { headroom, type PacketMemory, type Transport } from './transport.js';

const { EMSGSIZE } = constants.errno;

/** A sender that was told needs a moment to change its ways; what is under way meanwhile is no reason to tell it again. */
const tellAgainMs = 1000;

/** Of Ethernet. */
const usualMtu = 1500;
/** Or more, depending on whom one asks. */
const loopbackMtu = 65_535;

/** Packets shorter than this are summed up anew, which is cheaper then: acknowledgements are (crc32c.ts). */
const cheapBytes = 256;

export interface SenderParts {
  readonly transport: Transport;
  /** For what the relay says itself; at least 256 bytes. */
  readonly scratch: PacketMemory;
  readonly totals: Totals;
  readonly now: () => number;
}

/** Of a packet that is too big, in the words of the leg that it came from. */
export interface TooBig {
  readonly tag: number;
  /** Bytes of the SCTP packet. */
  readonly length: number;
}

export class Sender {
  readonly #parts: SenderParts;
  readonly #askPathMtu = (leg: LegEnds) => this.#parts.transport.pathMtu(leg);

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends `packet`, which came in at `from`, out at `to`. 0, or errno negated.
   * @param isRewritten more than its ports has changed
   */
  forward(packet: Packet, from: Leg<unknown>, to: Leg<unknown>, isRewritten = false): number {
    const { at, end } = packet;
    const { bytes } = packet.memory;
    writePorts(bytes, at, to.localPort, to.peerPort);
    if (isRewritten || end - at < cheapBytes) seal(bytes, at, end);
    else {
      const before = (packet.sourcePort << 16) | packet.destinationPort;
      const change = before ^ ((to.localPort << 16) | to.peerPort);
      const checksum = packet.checksum ^ crc32cChange(change, end - at - 4);
      bytes.writeInt32LE(checksum, at + commonHeader.checksum);
    }
    const size = ipHeaderBytes(to.peer) + end - at;
    const sizeSent = this.#sizeSent(packet, from);
    if (sizeSent === size) {
      const result = this.#sendWhole(packet.memory, at, end, to);
      if (result !== -EMSGSIZE) return this.#noted(result);
    }
    const result = this.#sendCut(packet, to, sizeSent);
    const isTooBig = to.mtu(this.#parts.now()) < sizeSent;
    if (isTooBig && !packet.mayFragment) this.tellTooBig(from, { tag: packet.tag, length: end - at }, to);
    return result;
  }

  /** Of `packet`, or of each of those that it was put together from, in bytes with the IP header. */
  #sizeSent({ memory, at, end, count }: Packet, from: Leg<unknown>): number {
    const header = ipHeaderBytes(from.peer);
    const size = header + end - at;
    if (count < 2 || size <= leastMtu.IPv6) return size;
    const mtu = from.arrivalMtu(this.#parts.now(), this.#askPathMtu);
    if (mtu < loopbackMtu || !Number.isFinite(mtu)) return Math.min(size, mtu);
    // A client on this host counts with the way to the Service's address, of which nothing is known here.
    const longest = longestChunk(memory.bytes, at + commonHeader.size, end);
    return Math.min(size, Math.max(usualMtu, header + commonHeader.size + longest));
  }

  /** 0, or errno negated: EMSGSIZE where the way is narrower, which is known then. */
  #sendWhole(memory: PacketMemory, at: number, end: number, to: Leg<unknown>): number {
    const size = ipHeaderBytes(to.peer) + end - at;
    const mtu = to.mtu(this.#parts.now());
    if (mtu !== 0 && size > mtu) return -EMSGSIZE;
    const result = this.#parts.transport.send(memory, at, end, to);
    if (result === -EMSGSIZE) this.#learnMtu(to, size);
    return result;
  }

  /** A packet of ours, as it lies in `sctp`. 0, or errno negated. */
  send(sctp: Uint8Array, to: LegEnds): number {
    const { scratch, transport } = this.#parts;
    const { bytes } = scratch;
    // Throws RangeError where it does not fit: longestInit sees to it that it does.
    bytes.set(sctp, headroom);
    const end = headroom + sctp.length;
    writePorts(bytes, headroom, to.localPort, to.peerPort);
    seal(bytes, headroom, end);
    const result = transport.send(scratch, headroom, end, to);
    if (result !== -EMSGSIZE) return this.#noted(result);
    return this.#sendFragmented(scratch, headroom, end, to, this.#pathMtu(to, end - headroom));
  }

  answer(kind: AnswerKind, tag: number, to: LegEnds): void {
    const { scratch, transport } = this.#parts;
    const end = writeAnswer(scratch.bytes, headroom, kind, tag);
    writePorts(scratch.bytes, headroom, to.localPort, to.peerPort);
    seal(scratch.bytes, headroom, end);
    this.#noted(transport.send(scratch, headroom, end, to));
  }

  /** Tells `sender` that a packet of its own does not fit into what `narrow` takes, so that it finds the path's MTU. */
  tellTooBig(sender: Leg<unknown>, packet: TooBig, narrow: Leg<unknown>): void {
    const { now, scratch, transport, totals } = this.#parts;
    const nowMs = now();
    const mtu = narrow.mtu(nowMs);
    const { reachedAt: local, peer, scope } = sender;
    if (local === undefined || mtu === 0) return;
    if (mtu === sender.toldMtu && nowMs - sender.toldTooBigMs < tellAgainMs) return;
    sender.toldMtu = mtu;
    sender.toldTooBigMs = nowMs;
    const quoted = {
      ...packet,
      source: peer,
      destination: local,
      sourcePort: sender.peerPort,
      destinationPort: sender.localPort,
    };
    const end = writeTooBig(scratch.bytes, headroom, quoted, mtu);
    totals.count('toldTooBig');
    this.#noted(transport.sendIcmp(scratch, headroom, end, { local, peer, scope }));
  }

  /**
   * In place: the header of a packet is written over the end of the one before, which has been sent by then.
   * @param limit of each IP packet, in bytes, as far as chunks allow
   */
  #sendCut(packet: Packet, to: Leg<unknown>, limit: number): number {
    const { memory, at, end, tag } = packet;
    const { bytes } = memory;
    const { now, totals } = this.#parts;
    const overhead = ipHeaderBytes(to.peer) + commonHeader.size;
    const cutFor = (from: number, size: number) => cutAt(bytes, from, end, size - overhead);
    let start = at + commonHeader.size;
    let result = 0;
    let packets = 0;
    while (start < end) {
      const cut = cutFor(start, Math.min(limit, to.mtu(now()) || limit));
      const header = start - commonHeader.size;
      if (header !== at) {
        writePorts(bytes, header, to.localPort, to.peerPort);
        bytes.writeInt32BE(tag, header + commonHeader.tag);
      }
      seal(bytes, header, cut);
      const sent = this.#sendWhole(memory, header, cut, to);
      const isTooBig = sent === -EMSGSIZE;
      // The path has become narrower than was known.
      if (isTooBig && cutFor(start, to.mtu(now())) < cut) continue;
      if (isTooBig) result = this.#sendFragmented(memory, header, cut, to, to.mtu(now()) || leastMtu.IPv4);
      else result = this.#noted(sent);
      packets++;
      start = cut;
    }
    if (packets > 1) totals.count('cut');
    return result;
  }

  #sendFragmented(memory: PacketMemory, at: number, end: number, to: LegEnds, mtu: number): number {
    this.#parts.totals.count('fragmented');
    return this.#noted(this.#parts.transport.sendFragmented(memory, at, end, to, mtu));
  }

  #learnMtu(leg: Leg<unknown>, size: number): void {
    leg.learnMtu(this.#pathMtu(leg, size), this.#parts.now());
  }

  /** Where the kernel has called `size` too big. */
  #pathMtu(to: LegEnds, size: number): number {
    const known = this.#parts.transport.pathMtu(to);
    if (known > 0 && known < size) return known;
    return isIpv4(to.peer) ? leastMtu.IPv4 : leastMtu.IPv6;
  }

  #noted(result: number): number {
    if (result < 0) this.#parts.totals.count('sendFailed');
    return result;
  }
}
