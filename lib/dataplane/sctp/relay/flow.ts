// dataplane/sctp/relay/flow.ts: one association between a client and an endpoint, as the relay in between knows it.
import type { Candidates } from '../../../balance/balancer.js';
import { Timer, type TimerOwner } from '../../native/timer-wheel.js';
import type { IpWords } from '../wire/ip-words.js';
import { Handshake } from './handshake.js';
import { Leg, type LegEnds } from './leg.js';
import type { Queue, Queued } from './queue.js';
import type { RelayListener } from './relay-listener.js';
import type { Target } from './targets.js';

/** Which association a packet's tag names: the one that is up, the one that is coming up, or none of ours. */
export type Membership = 'association' | 'handshake' | undefined;

export class Flow implements TimerOwner, Queued<Flow> {
  readonly listener: RelayListener;
  readonly client: Leg<Flow>;
  /** Of the endpoint that is being tried, or has answered. */
  endpoint: Leg<Flow> | undefined;
  target: Target | undefined;
  readonly candidates: Candidates;
  /**
   * half-open: the handshake is under way; open: it is done; closed: ended, remembered for the last packets;
   * gone: no longer in the table.
   */
  state: 'half-open' | 'open' | 'closed' | 'gone' = 'half-open';
  /** Always there while half-open; of a restart while open. */
  handshake: Handshake | undefined;
  /** The client's INIT, addresses taken out; while half-open. */
  init: Uint8Array | undefined;
  /** What the peers are called by; 0 while half-open. */
  clientTag = 0;
  endpointTag = 0;
  readonly bornMs: number;
  /** Some endpoint has failed it; one that left meanwhile has not. */
  hasFailedTry = false;
  /** When the endpoint was sent its first INIT. */
  triedMs = 0;
  /** From the first INIT to the INIT ACK, of the endpoint that answered. */
  dialSeconds = 0;
  /** The last packet of either side with a right tag. */
  lastMs: number;
  /** The last one of the endpoint. */
  endpointLastMs: number;
  readonly timer: Timer;
  readonly #expired: (flow: Flow) => void;
  queue: Queue<Flow> | undefined;
  previous: Flow | undefined;
  next: Flow | undefined;

  constructor(
    listener: RelayListener,
    client: LegEnds,
    parts: {
      readonly candidates: Candidates;
      readonly clientTag: number;
      readonly nowMs: number;
      readonly expired: (flow: Flow) => void;
    },
  ) {
    this.listener = listener;
    this.client = new Leg(this, client);
    this.client.reachedAt = this.client.local;
    this.candidates = parts.candidates;
    this.handshake = new Handshake(parts.clientTag, parts.nowMs);
    this.bornMs = parts.nowMs;
    this.lastMs = parts.nowMs;
    this.endpointLastMs = parts.nowMs;
    this.#expired = parts.expired;
    this.timer = new Timer(this);
  }

  expired(): void {
    this.#expired(this);
  }

  /** Of a packet from the client: it carries the endpoint's tag, or reflects the client's own. */
  membershipFromClient(tag: number, isReflected: boolean): Membership {
    const { handshake } = this;
    if (isReflected) {
      if (tag !== 0 && tag === this.clientTag) return 'association';
      return handshake !== undefined && tag === handshake.clientTag ? 'handshake' : undefined;
    }
    if (tag !== 0 && tag === this.endpointTag) return 'association';
    return handshake?.hasOffered(tag) ? 'handshake' : undefined;
  }

  membershipFromEndpoint(tag: number, isReflected: boolean): Membership {
    const { handshake } = this;
    if (!isReflected) {
      if (tag !== 0 && tag === this.clientTag) return 'association';
      return handshake !== undefined && tag === handshake.clientTag ? 'handshake' : undefined;
    }
    if (tag !== 0 && tag === this.endpointTag) return 'association';
    if (handshake === undefined) return undefined;
    // Some reflect the tag of the INIT itself, which is 0.
    if (tag === 0 && this.state === 'half-open' && !handshake.isAnswered) return 'handshake';
    return handshake.hasOffered(tag) ? 'handshake' : undefined;
  }

  /** Notes where the endpoint reaches us; once. */
  reachedByEndpointAt(address: IpWords): void {
    const { endpoint } = this;
    if (endpoint !== undefined && endpoint.reachedAt === undefined) endpoint.reachedAt = address.slice();
  }
}
