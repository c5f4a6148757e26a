// dataplane/sctp/relay/client-side.ts: what the relay does with a packet from a client.
import { count, countFailure, rxBytes } from '../../native/counter-block.js';
import { bitOf } from '../wire/chunks.js';
import { chunkType } from '../wire/format.js';
import { initiateTag, stripAddresses } from '../wire/init.js';
import { ipText } from '../wire/ip-words.js';
import type { Attempts } from './attempts.js';
import { rxPackets, type Totals } from './counters.js';
import { Flow } from './flow.js';
import type { FlowTable } from './flow-table.js';
import { Handshake } from './handshake.js';
import type { Leg, LegEnds } from './leg.js';
import type { RelayOptions } from './options.js';
import type { Packet } from './packet.js';
import type { RelayListener } from './relay-listener.js';
import type { Sender } from './sender.js';

const init = bitOf(chunkType.init);
const abort = bitOf(chunkType.abort);
const shutdownAck = bitOf(chunkType.shutdownAck);
const shutdownComplete = bitOf(chunkType.shutdownComplete);
const cookieEcho = bitOf(chunkType.cookieEcho);
/** Answering these would be wrong, or might go round in circles (RFC 9260, section 8.4). */
const neverAnswered =
  abort |
  shutdownComplete |
  bitOf(chunkType.cookieAck) |
  bitOf(chunkType.error) |
  bitOf(chunkType.init) |
  bitOf(chunkType.initAck);

/** One INIT is kept for each half-open flow. Without addresses they have some 100 bytes, with AUTH some 300. */
const longestInit = 1400;

export interface SideParts {
  readonly options: RelayOptions;
  readonly table: FlowTable;
  readonly attempts: Attempts;
  readonly sender: Sender;
  readonly totals: Totals;
  readonly now: () => number;
  /** Makes the flow's timer fit what it waits for now. */
  readonly expired: (flow: Flow) => void;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class ClientSide {
  readonly #parts: SideParts;

  constructor(parts: SideParts) {
    this.#parts = parts;
  }

  /** @param listener who listens on the port; undefined: nobody any more */
  receive(packet: Packet, leg: Leg<Flow> | undefined, listener: RelayListener | undefined): void {
    if (packet.has(init)) this.#init(packet, leg, listener);
    else if (leg !== undefined) this.#known(packet, leg.flow);
    else if (listener !== undefined) this.#outOfTheBlue(packet);
  }

  #init(packet: Packet, leg: Leg<Flow> | undefined, listener: RelayListener | undefined): void {
    const { bytes } = packet.memory;
    const isAlone = packet.count === 1 && packet.tag === 0;
    const end = isAlone ? stripAddresses(bytes, packet.at, packet.end) : -1;
    if (end === -1 || end - packet.at > longestInit) {
      this.#parts.totals.count('malformed');
      return;
    }
    packet.end = end;
    const tag = initiateTag(bytes, packet.at);
    const flow = leg?.flow;
    if (flow === undefined || flow.state === 'closed') {
      if (listener === undefined) return;
      if (flow !== undefined) this.#parts.table.drop(flow);
      this.#begin(packet, tag, listener);
    } else this.#again(packet, tag, flow);
  }

  #begin(packet: Packet, clientTag: number, listener: RelayListener): void {
    const { table, attempts, sender, totals, now, warn, expired } = this.#parts;
    const client: LegEnds = {
      ...endsOf(packet),
      peer: packet.source.slice(),
      local: packet.destination.slice(),
    };
    const { isFull } = table;
    const hasRoom = table.makeRoom();
    if (isFull) {
      const flows = { flows: table.size, halfOpen: table.count('half-open') };
      warn('the table of SCTP associations is full', flows);
    }
    if (!hasRoom) {
      totals.count('refusedOverload');
      countFailure(listener.counters, 'connection-limit');
      sender.answer('abort-out-of-resource', clientTag, client);
      return;
    }
    const candidates = listener.balancer.candidates(ipText(client.peer), now());
    const flow = new Flow(listener, client, { candidates, clientTag, nowMs: now(), expired });
    flow.init = copyOf(packet);
    table.add(flow);
    attempts.next(flow);
  }

  /** An INIT sent again, or a client that has started anew on the same port: what to do is the endpoint's decision. */
  #again(packet: Packet, clientTag: number, flow: Flow): void {
    const { attempts, now, expired } = this.#parts;
    flow.lastMs = now();
    if (flow.handshake?.clientTag === clientTag) flow.handshake.inits++;
    else {
      flow.handshake = new Handshake(clientTag, now());
      if (flow.state === 'half-open') {
        flow.init = copyOf(packet);
        attempts.waitForAnswer(flow);
      }
      // The timer of an open flow may be an hour away.
      else expired(flow);
    }
    if (flow.endpoint !== undefined) this.#parts.sender.forward(packet, flow.client, flow.endpoint, true);
  }

  #known(packet: Packet, flow: Flow): void {
    const { table, sender, totals, now } = this.#parts;
    const membership = flow.membershipFromClient(packet.tag, packet.isReflected);
    if (membership === undefined || flow.endpoint === undefined) {
      totals.count('wrongTag');
      return;
    }
    flow.lastMs = now();
    const { counters } = flow.listener;
    count(counters, rxPackets);
    count(counters, rxBytes, packet.payloadBytes);
    if (flow.handshake !== undefined && membership === 'handshake' && packet.has(cookieEcho)) {
      flow.handshake.echoedTag = packet.tag;
      table.refresh(flow);
    }
    sender.forward(packet, flow.client, flow.endpoint);
    if (!packet.has(abort | shutdownComplete) || flow.state === 'closed') return;
    if (membership === 'handshake' && flow.state === 'open') {
      flow.handshake = undefined;
      return;
    }
    if (packet.has(abort)) countFailure(counters, 'client-reset');
    table.close(flow);
  }

  /** RFC 9260, section 8.4. A client of a proxy that has crashed, or was given up, learns of it so. */
  #outOfTheBlue(packet: Packet): void {
    const { sender, totals } = this.#parts;
    totals.count('outOfTheBlue');
    if (packet.has(neverAnswered)) return;
    const kind = packet.has(shutdownAck) ? 'shutdown-complete-reflected' : 'abort-reflected';
    sender.answer(kind, packet.tag, endsOf(packet));
  }
}

/** Not Buffer.slice(), which shares the memory. */
function copyOf({ memory, at, end }: Packet): Uint8Array {
  return Uint8Array.prototype.slice.call(memory.bytes, at, end);
}

/** Where an answer to `packet` goes. */
function endsOf(packet: Packet): LegEnds {
  return {
    peer: packet.source,
    peerPort: packet.sourcePort,
    local: packet.destination,
    localPort: packet.destinationPort,
    scope: packet.scope,
  };
}
