// dataplane/sctp-peer/seat.ts: where one association of node-sctp lives: a socket shaped like dgram's that leads to one peer
// only, and an endpoint of its own behind it. Node-sctp tells associations apart by ports alone, never lets go of one
// that ended, and ignores a peer that starts anew: with a seat for each, none of that matters.
import { EventEmitter } from 'node:events';
import Endpoint, { type Association, type DatagramSocket } from 'sctp/lib/endpoint.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { chunkLength } from '../sctp/wire/chunks.js';
import { chunkType, commonHeader, initChunk, padded } from '../sctp/wire/format.js';
import { safePacket } from './safe-packet.js';
import { hasSaneNumbers } from './sane-numbers.js';

/** In either direction, at most; the peer says how many of them it takes. */
const streams = 1024;
/** What may be on its way to us; a peer's message must fit. With node-sctp's own default those above 16 KB hang. */
export const windowBytes = 512 * 1024;
/** A SHUTDOWN that overtakes acknowledgements is looked at again: node-sctp would never answer it. */
const shutdownAgainMs = 20;

export interface SeatParts {
  readonly localPort: number;
  readonly peer: EndpointAddress;
  /** Sends one packet to the peer. */
  readonly send: (packet: Buffer) => void;
  /** Every packet that node-sctp sends or is shown, for whoever wants to look. */
  readonly trace?: ((direction: 'in' | 'out', packet: Buffer) => void) | undefined;
  /** A peer has completed its handshake. */
  readonly accepted: (association: Association) => void;
  /** Node-sctp has thrown: what it knows of the association is worth nothing any more. */
  readonly failed: (error: unknown) => void;
}

export class Seat {
  readonly #parts: SeatParts;
  readonly #socket: PeerSocket;
  readonly #endpoint: Endpoint;
  #association: Association | undefined;
  #tag: number | undefined;
  #peerInitTag: number | undefined;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Messages are not taken in: as if they were lost, so the peer sends them again, ever more slowly. */
  isPaused = false;

  constructor(parts: SeatParts) {
    const { localPort, peer } = parts;
    this.#parts = parts;
    this.#socket = new PeerSocket((packet) => this.#send(packet));
    let endpoint: Endpoint | undefined;
    let failure: Error | null = null;
    // Calls back before it returns.
    Endpoint.INITIALIZE(
      { localPort, MIS: streams, OS: streams, a_rwnd: windowBytes },
      { udpTransport: this.#socket, udpPeer: { address: peer.ip, port: peer.port } },
      (error, made) => {
        failure = error;
        endpoint = made;
      },
    );
    if (endpoint === undefined) throw failure ?? new Error(`SCTP port ${localPort} can not be had`);
    this.#endpoint = endpoint;
    this.#endpoint.on('association', (association: Association) => {
      this.#association = association;
      // Only then it knows the peer's window and streams.
      association.once('COMMUNICATION UP', () => parts.accepted(association));
    });
  }

  /** The tag that our peer must use; undefined until it has been told. */
  get tag(): number | undefined {
    return this.#tag;
  }

  /** Begins a handshake with the peer. Once only. */
  connect(): Association {
    this.#association = this.#endpoint.ASSOCIATE({ remotePort: this.#parts.peer.port });
    return this.#association;
  }

  /** Whether `packet` is an INIT that this seat has had before: sent again since its answer was lost. */
  hasSeen(packet: Buffer): boolean {
    return this.#peerInitTag === initTagOf(packet);
  }

  /** @param packet intact; the seat may keep it */
  deliver(packet: Buffer): void {
    if (this.#isClosed) return;
    const safe = safePacket(packet);
    if (safe === undefined || !hasSaneNumbers(safe, this.#sequenceNumbers())) return;
    const types = typesOf(safe);
    if (this.isPaused && types.includes(chunkType.data)) return;
    if (types.includes(chunkType.shutdown) && this.#isSending()) {
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.deliver(packet), shutdownAgainMs);
      return;
    }
    if (types[0] === chunkType.init) this.#peerInitTag = initTagOf(safe);
    this.#parts.trace?.('in', safe);
    try {
      this.#socket.emit('message', safe, {});
    } catch (error) {
      this.#parts.failed(error);
    }
  }

  #sequenceNumbers(): { readonly received: number | undefined; readonly next: number } {
    const { reassembly, my_next_tsn: next } = this.#association ?? {};
    return { received: reassembly?.peer_c_tsn?.number, next: next?.number ?? 0 };
  }

  #isSending(): boolean {
    const association = this.#association;
    return association !== undefined && unacknowledgedBytes(association) > 0;
  }

  #send(packet: Buffer): void {
    if (this.#isClosed) return;
    const type = packet[commonHeader.size];
    if (type === chunkType.init || type === chunkType.initAck)
      this.#tag = packet.readUInt32BE(commonHeader.size + initChunk.initiateTag);
    this.#parts.trace?.('out', packet);
    this.#parts.send(packet);
  }

  /** Without a word to the peer; says ABORT first where `reason` is given and the peer can be addressed. Idempotent. */
  close(reason?: string): void {
    if (this.#isClosed) return;
    clearTimeout(this.#again);
    const association = this.#association;
    try {
      const canTell = association !== undefined && association.peer_tag !== undefined;
      if (reason !== undefined && canTell && association.state !== 'CLOSED') association.ABORT(reason);
    } finally {
      this.#isClosed = true;
      this.#endpoint.close();
    }
  }
}

/** What node-sctp's `udpTransport` asks of a dgram socket. */
class PeerSocket extends EventEmitter implements DatagramSocket {
  readonly #send: (packet: Buffer) => void;

  constructor(send: (packet: Buffer) => void) {
    super();
    this.#send = send;
  }

  send(packet: Buffer, _port: number, _address: string, callback?: () => void): void {
    this.#send(packet);
    // Not at once: node-sctp goes on with what it was about before its callback may change its mind.
    if (callback !== undefined) process.nextTick(callback);
  }
}

function typesOf(packet: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = commonHeader.size; at < packet.length; at += padded(chunkLength(packet, at)))
    types.push(packet[at] ?? 0);
  return types;
}

export function isInit(packet: Buffer): boolean {
  return packet[commonHeader.size] === chunkType.init;
}

function initTagOf(packet: Buffer): number | undefined {
  const at = commonHeader.size + initChunk.initiateTag;
  return isInit(packet) && packet.length >= at + 4 ? packet.readUInt32BE(at) : undefined;
}

/** Sent and not acknowledged, or about to be sent. */
export function unacknowledgedBytes({ flightsize, queue }: Association): number {
  return queue.reduce((sum, { chunkType, size }) => (chunkType === 'data' ? sum + size : sum), flightsize);
}
