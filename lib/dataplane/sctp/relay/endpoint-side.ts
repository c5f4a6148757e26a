// dataplane/sctp/relay/endpoint-side.ts: what the relay does with a packet from an endpoint.
import { count, countFailure, txBytes } from '../../native/counter-block.js';
import { bitOf } from '../wire/chunks.js';
import { chunkType } from '../wire/format.js';
import { initiateTag, stripAddresses } from '../wire/init.js';
import type { SideParts } from './client-side.js';
import { txPackets } from './counters.js';
import type { Flow } from './flow.js';
import type { Packet } from './packet.js';

const init = bitOf(chunkType.init);
const initAck = bitOf(chunkType.initAck);
const abort = bitOf(chunkType.abort);
const shutdownComplete = bitOf(chunkType.shutdownComplete);
const cookieAck = bitOf(chunkType.cookieAck);

export class EndpointSide {
  readonly #parts: Omit<SideParts, 'expired' | 'warn'>;

  constructor(parts: Omit<SideParts, 'expired' | 'warn'>) {
    this.#parts = parts;
  }

  receive(packet: Packet, flow: Flow): void {
    // Endpoints open no associations through the relay.
    if (packet.has(init) || flow.endpoint === undefined) return;
    if (packet.has(initAck)) {
      this.#initAck(packet, flow);
      return;
    }
    const { attempts, totals, now } = this.#parts;
    const membership = flow.membershipFromEndpoint(packet.tag, packet.isReflected);
    if (membership === undefined) {
      totals.count('wrongTag');
      return;
    }
    flow.reachedByEndpointAt(packet.destination);
    flow.lastMs = now();
    flow.endpointLastMs = flow.lastMs;
    if (flow.state === 'half-open' && flow.handshake?.isAnswered === false) {
      // To an INIT there is no other answer that ends anything.
      if (packet.has(abort)) attempts.refused(flow);
      return;
    }
    this.#pass(packet, flow);
    const { handshake } = flow;
    // An endpoint that was restarted may use the same tag again, and a client too: hence not by membership.
    if (packet.has(cookieAck) && handshake?.clientTag === packet.tag && handshake.echoedTag !== 0) {
      flow.clientTag = handshake.clientTag;
      flow.endpointTag = handshake.echoedTag;
      flow.handshake = undefined;
      if (flow.state === 'half-open') attempts.established(flow);
    } else if (packet.has(abort | shutdownComplete)) this.#ended(packet, flow, membership === 'handshake');
  }

  #pass(packet: Packet, flow: Flow, isRewritten = false): void {
    const { endpoint, client, listener } = flow;
    if (endpoint === undefined) return;
    count(listener.counters, txPackets);
    count(listener.counters, txBytes, packet.payloadBytes);
    this.#parts.sender.forward(packet, endpoint, client, isRewritten);
  }

  #initAck(packet: Packet, flow: Flow): void {
    const { attempts, totals, now } = this.#parts;
    const { handshake } = flow;
    if (handshake === undefined || packet.tag !== handshake.clientTag) {
      totals.count('wrongTag');
      return;
    }
    const { bytes } = packet.memory;
    const end = packet.count === 1 ? stripAddresses(bytes, packet.at, packet.end) : -1;
    if (end === -1) {
      totals.count('malformed');
      return;
    }
    packet.end = end;
    flow.reachedByEndpointAt(packet.destination);
    flow.lastMs = now();
    flow.endpointLastMs = flow.lastMs;
    const isFirst = !handshake.isAnswered;
    handshake.offer(initiateTag(bytes, packet.at));
    if (isFirst && flow.state === 'half-open') attempts.answered(flow);
    this.#pass(packet, flow, true);
  }

  #ended(packet: Packet, flow: Flow, isHandshake: boolean): void {
    if (flow.state === 'closed') return;
    if (isHandshake && flow.state === 'open') {
      // The restart was refused; what was there goes on. Only that endpoints refuse none of an association that they
      // have: one that has lost it answers with an ABORT with its tag, and the client's next INIT finds another endpoint.
      flow.handshake = undefined;
      if (flow.endpoint !== undefined) this.#parts.sender.answer('question', flow.endpointTag, flow.endpoint);
      return;
    }
    if (packet.has(abort)) countFailure(flow.listener.counters, 'endpoint-reset');
    this.#parts.table.close(flow);
  }
}
