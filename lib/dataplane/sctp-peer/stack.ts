// dataplane/sctp-peer/stack.ts: SCTP for one process: a raw IPv4 socket, and behind it node-sctp with a seat for each
// association. Listens, connects, and tells packets apart by addresses, ports and tag. What is for none of its ports it
// leaves alone: others in the network namespace may speak SCTP, too.
import { randomInt } from 'node:crypto';
import sctp from 'sctp';
import type { Association } from 'sctp/lib/endpoint.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import { type Clock, systemClock } from '../../proxier/clock.js';
import { type Log, silentLog } from '../../proxier/log.js';
import { type AnswerKind, seal, writeAnswer, writePorts } from '../sctp/wire/answers.js';
import { bitOf, type ChunkSummary, summarizeChunks } from '../sctp/wire/chunks.js';
import { chunkType, commonHeader, initChunk } from '../sctp/wire/format.js';
import { initiateTag } from '../sctp/wire/init.js';
import { SctpAssociation, SctpError } from './association.js';
import { RawIpv4, type UnreachablePacket } from './raw-ipv4.js';
import { isInit, Seat } from './seat.js';

export interface StackOptions {
  /** The local address of all associations, IPv4. @default any address of the host */
  readonly address?: string;
  /** From which connect() leaves; both inclusive. @default 49152-65535 (RFC 6335) */
  readonly localPorts?: { readonly first: number; readonly last: number };
  readonly clock?: Clock;
  readonly log?: Log;
  /** Every packet of an association, without what it is not shown. */
  readonly trace?: (direction: 'in' | 'out', peer: EndpointAddress, packet: Buffer) => void;
}

export type Accept = (association: SctpAssociation) => void;

/** Handshakes that peers have begun; the oldest goes when there are more. */
const mostHalfOpen = 256;
const halfOpenMs = 5000;
const connectTimeoutMs = 5000;

/** What is known of a peer's port and one of ours. */
interface Pair {
  readonly key: string;
  readonly peer: EndpointAddress;
  readonly localPort: number;
  seat: Seat | undefined;
  association: SctpAssociation | undefined;
  /** A handshake of the peer's, while there may be an association: it has started anew. */
  arriving: Seat | undefined;
  cancelArriving: () => void;
  /** Told when a packet of a handshake of ours could not be delivered. */
  unreachable: () => void;
}

export class SctpStack {
  readonly #raw: RawIpv4;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: StackOptions;
  readonly #accepts = new Map<number, { readonly accept: Accept; readonly isServed: () => boolean }>();
  readonly #pairs = new Map<string, Pair>();
  /** Those with a handshake of the peer's, the oldest first. */
  readonly #arriving = new Set<Pair>();
  readonly #summary: ChunkSummary = { types: 0, isReflected: false, count: 0, payloadBytes: 0 };

  /** Throws SystemError: EPERM without CAP_NET_RAW. */
  constructor(options: StackOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    // RFC 9260, section 16; node-sctp's own 3 s are those of RFC 4960.
    sctp.defaults({ rto_initial: 1000 });
    this.#raw = new RawIpv4(
      {
        packet: (packet, from, to) => this.#receive(packet, from, to),
        unreachable: (error) => this.#unreachable(error),
      },
      options.address,
    );
  }

  /**
   * Whoever connects to `port` is accepted. Throws where it listens there already.
   * @param isServed false: who asks now is refused
   */
  listen(port: number, accept: Accept, isServed: () => boolean = () => true): void {
    if (this.#accepts.has(port)) throw new Error(`SCTP port ${port} has a listener already`);
    this.#accepts.set(port, { accept, isServed });
  }

  /** Nobody is accepted any more; associations go on. */
  unlisten(port: number): void {
    this.#accepts.delete(port);
  }

  /** Rejects with SctpError: ECONNREFUSED, or ETIMEDOUT after `timeoutMs`. @param timeoutMs @default 5000 */
  async connect(peer: EndpointAddress, timeoutMs = connectTimeoutMs): Promise<SctpAssociation> {
    const pair = this.#freePair(peer);
    const what = `connect to ${hostPort(peer.ip, peer.port)}`;
    const seat = this.#makeSeat(pair, undefined, () => {});
    pair.seat = seat;
    const handshake = seat.connect();
    try {
      return await new Promise<SctpAssociation>((resolve, reject) => {
        const fail = (code: SctpError['code']): void => {
          cancel();
          reject(new SctpError(code, what));
        };
        const cancel = this.#clock.after(timeoutMs, () => fail('ETIMEDOUT'));
        pair.unreachable = () => fail('ECONNREFUSED');
        handshake.once('COMMUNICATION LOST', () => fail('ECONNREFUSED'));
        handshake.once('COMMUNICATION UP', () => {
          cancel();
          // At once: the next packet may be its end.
          resolve(this.#up(pair, seat, handshake));
        });
      });
    } catch (error) {
      seat.close('given up');
      this.#pairs.delete(pair.key);
      throw error;
    } finally {
      pair.unreachable = () => {};
    }
  }

  /** Aborts all associations. Idempotent. */
  async close(): Promise<void> {
    this.#accepts.clear();
    for (const pair of [...this.#pairs.values()]) {
      this.#dropArriving(pair);
      pair.association?.abort('closed');
      pair.seat?.close('closed');
    }
    this.#pairs.clear();
    await this.#raw.close();
  }

  #freePair(peer: EndpointAddress): Pair {
    const { first, last } = this.#options.localPorts ?? { first: 49_152, last: 65_535 };
    const count = last - first + 1;
    const start = randomInt(count);
    for (let step = 0; step < count; step++) {
      const localPort = first + ((start + step) % count);
      if (!this.#pairs.has(keyOf(peer, localPort)) && !this.#accepts.has(localPort))
        return this.#addPair(makePair(peer, localPort));
    }
    throw new Error(`connect to ${hostPort(peer.ip, peer.port)}: no SCTP port is free`);
  }

  #addPair(pair: Pair): Pair {
    this.#pairs.set(pair.key, pair);
    return pair;
  }

  #makeSeat(
    pair: Pair,
    localIp: string | undefined,
    accepted: (seat: Seat, association: Association) => void,
  ): Seat {
    const { peer, localPort } = pair;
    const { trace, address } = this.#options;
    const seat: Seat = new Seat({
      localPort,
      peer,
      send: (packet) => void this.#raw.send(packet, localIp ?? address, peer.ip),
      trace: trace && ((direction, packet) => trace(direction, peer, packet)),
      accepted: (association) => accepted(seat, association),
      failed: (err) => {
        this.#log.warn({ err, client: hostPort(peer.ip, peer.port) }, 'fault in an SCTP association');
        if (pair.seat === seat) pair.association?.finish('failed', 'fault');
        seat.close('fault');
      },
    });
    return seat;
  }

  #up(pair: Pair, seat: Seat, up: Association): SctpAssociation {
    const association = new SctpAssociation(up, {
      seat,
      clock: this.#clock,
      peer: pair.peer,
      localPort: pair.localPort,
    });
    pair.association?.finish('restarted');
    pair.seat = seat;
    pair.association = association;
    void association.ended.then(() => {
      if (pair.association !== association) return;
      pair.association = undefined;
      pair.seat = undefined;
      if (pair.arriving === undefined) this.#pairs.delete(pair.key);
    });
    return association;
  }

  #receive(packet: Buffer, from: string, to: string): void {
    const peer = { ip: from, port: packet.readUInt16BE(commonHeader.sourcePort) };
    const localPort = packet.readUInt16BE(commonHeader.destinationPort);
    const pair = this.#pairs.get(keyOf(peer, localPort));
    const listener = this.#accepts.get(localPort);
    if (pair === undefined && listener === undefined) return;
    if (isInit(packet) && listener !== undefined) {
      if (listener.isServed()) this.#arrive(packet, pair ?? makePair(peer, localPort), to, listener.accept);
      else this.#refuse(packet, from, to);
      return;
    }
    const tag = packet.readUInt32BE(commonHeader.tag);
    if (pair?.arriving !== undefined && pair.arriving.tag === tag) {
      pair.arriving.deliver(packet);
      return;
    }
    if (pair?.seat === undefined) {
      this.#answerStranger(packet, from, to);
      return;
    }
    // A wrong tag says nothing about whether the peer is there.
    if (tag === pair.seat.tag) pair.association?.heard();
    pair.seat.deliver(packet);
  }

  /** An INIT for a port that we listen on. */
  #arrive(packet: Buffer, pair: Pair, localIp: string, accept: Accept): void {
    if (pair.arriving?.hasSeen(packet) !== true) {
      this.#dropArriving(pair);
      this.#addPair(pair);
      pair.arriving = this.#makeSeat(pair, localIp, (seat, up) => {
        if (pair.arriving !== seat) return;
        pair.cancelArriving();
        pair.arriving = undefined;
        this.#arriving.delete(pair);
        const association = this.#up(pair, seat, up);
        accept(association);
      });
      pair.cancelArriving = this.#clock.after(halfOpenMs, () => this.#dropArriving(pair));
      this.#arriving.add(pair);
      const [oldest] = this.#arriving;
      if (this.#arriving.size > mostHalfOpen && oldest !== undefined) this.#dropArriving(oldest);
    }
    pair.arriving?.deliver(packet);
  }

  #dropArriving(pair: Pair): void {
    pair.cancelArriving();
    pair.arriving?.close();
    pair.arriving = undefined;
    this.#arriving.delete(pair);
    if (pair.seat === undefined) this.#pairs.delete(pair.key);
  }

  #unreachable({ peer, peerPort, localPort }: UnreachablePacket): void {
    this.#pairs.get(keyOf({ ip: peer, port: peerPort }, localPort))?.unreachable();
  }

  /** RFC 9260, section 8.4. */
  #answerStranger(packet: Buffer, from: string, to: string): void {
    if (!summarizeChunks(packet, commonHeader.size, packet.length, this.#summary)) return;
    const { types } = this.#summary;
    const silent = [chunkType.abort, chunkType.shutdownComplete, chunkType.cookieAck, chunkType.error];
    if (isInit(packet) || silent.some((type) => (types & bitOf(type)) !== 0)) return;
    const isShutdownAck = (types & bitOf(chunkType.shutdownAck)) !== 0;
    const kind = isShutdownAck ? 'shutdown-complete-reflected' : 'abort-reflected';
    this.#answer(kind, packet.readInt32BE(commonHeader.tag), packet, from, to);
  }

  /** With the tag that the INIT asks for, and nothing is kept of it. */
  #refuse(packet: Buffer, from: string, to: string): void {
    if (packet.length < commonHeader.size + initChunk.size) return;
    this.#answer('abort', initiateTag(packet, 0), packet, from, to);
  }

  #answer(kind: AnswerKind, tag: number, packet: Buffer, from: string, to: string): void {
    const answer = Buffer.alloc(commonHeader.size + 4);
    writeAnswer(answer, 0, kind, tag);
    writePorts(answer, 0, packet.readUInt16BE(commonHeader.destinationPort), packet.readUInt16BE(0));
    seal(answer, 0, answer.length);
    this.#raw.send(answer, to, from);
  }
}

function keyOf({ ip, port }: EndpointAddress, localPort: number): string {
  return `${hostPort(ip, port)} ${localPort}`;
}

function makePair(peer: EndpointAddress, localPort: number): Pair {
  const nothing = (): void => {};
  return {
    key: keyOf(peer, localPort),
    peer,
    localPort,
    seat: undefined,
    association: undefined,
    arriving: undefined,
    cancelArriving: nothing,
    unreachable: nothing,
  };
}
