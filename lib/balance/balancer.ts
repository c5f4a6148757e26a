// balance/balancer.ts: the choice of an endpoint for one client of one listener. Pure: time is passed in.
// Implementations: round-robin.ts. A data plane holds one Balancer per listener.
import type { EndpointAddress } from '../model/endpoint.js';

/** Endpoints to try for one client, best first, each at most once; lazy, so a Service of 1,000 costs no more than one of 2. */
export interface Candidates {
  /** The next endpoint to try; undefined when there is none left. */
  next(): EndpointAddress | undefined;
}

export interface Balancer {
  /** Replaces the endpoints; the rotation goes on where it was. The same array again costs nothing. */
  update(endpoints: readonly EndpointAddress[]): void;
  /** How many endpoints there are now. */
  readonly size: number;
  has(endpoint: EndpointAddress): boolean;
  /** `client` is the client's IP address (session affinity keys on it); `nowMs` is monotonic. */
  candidates(client: string, nowMs: number): Candidates;
  /** The endpoint did not answer: it is tried last until its time is over. */
  setAside(endpoint: EndpointAddress, nowMs: number): void;
  /** The endpoint answered: it is no longer set aside. */
  answered(endpoint: EndpointAddress): void;
}
