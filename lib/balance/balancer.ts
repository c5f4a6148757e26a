// balance/balancer.ts: the choice of an endpoint for one client of one listener. Pure: time is passed in, monotonic
// milliseconds. A data plane holds one Balancer per listener, made by listener-balancer.ts.
import type { EndpointAddress } from '../model/endpoint.js';

/** All of what may change while a listener stays open; ListenerConfig (proxier/data-plane.ts) is one. */
export interface BalancerConfig {
  /** For new connections, in the order of the rotation. */
  readonly endpoints: readonly EndpointAddress[];
  /** Not for new connections; but clients that are pinned to one come back to it once it is usable again. */
  readonly resting: readonly EndpointAddress[];
  /** Session affinity: how long after its last connection a client stays pinned to its endpoint. Absent: none. */
  readonly affinityTimeoutMs?: number;
}

/** Endpoints to try for one client, best first, each at most once; lazy, so a Service of 1,000 costs no more than one of 2. */
export interface Candidates {
  /** The next endpoint to try; undefined when there is none left. */
  next(): EndpointAddress | undefined;
}

export interface Balancer {
  /**
   * The rotation goes on where it was; pins of endpoints that are neither usable nor resting are dropped. The same
   * arrays again cost nothing.
   */
  update(config: BalancerConfig): void;
  /** How many endpoints are usable now. */
  readonly size: number;
  /** It is there, usable or resting: what is established to it goes on. False: it has left. */
  has(endpoint: EndpointAddress): boolean;
  /**
   * With session affinity the endpoint that `client` is pinned to comes first, unless it is resting or set aside. A
   * client without a pin is pinned to what it is offered, at once: connections that it opens at the same time agree.
   * @param client the client's IP address, in one spelling
   */
  candidates(client: string, nowMs: number): Candidates;
  /**
   * `client` has this endpoint now: the dial or the handshake was answered, the UDP flow has begun. Pins it there, and
   * the time of its pin starts anew. Nothing happens without session affinity.
   */
  chosen(client: string, endpoint: EndpointAddress, nowMs: number): void;
  /** The endpoint did not answer: it is tried last until its time is over. */
  setAside(endpoint: EndpointAddress, nowMs: number): void;
  /** The endpoint answered: it is no longer set aside. */
  answered(endpoint: EndpointAddress): void;
}
