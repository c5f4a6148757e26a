// balance/round-robin.ts: strict round robin over a Service's endpoints, for one client at a time. Each takes one turn of
// the rotation; what it tries after that takes nobody else's. Pure; listener-balancer.ts asks it.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';
import type { Candidates } from './balancer.js';
import type { Rotation } from './rotation.js';

/** The turn is taken at the first next(), so candidates that are never used cost nobody theirs. */
export class RoundRobin implements Candidates {
  readonly #rotation: Rotation;
  readonly #nowMs: number;
  #first: EndpointAddress | undefined;
  // What follows is made for those alone whose first endpoint did not answer.
  #tried: Set<string> | undefined;
  #endpoints: readonly EndpointAddress[] | undefined;
  #start = 0;
  #step = 0;

  constructor(rotation: Rotation, nowMs: number) {
    this.#rotation = rotation;
    this.#nowMs = nowMs;
  }

  /**
   * Each endpoint once, in the order of the rotation, what is set aside last. When the endpoints are replaced meanwhile it
   * starts over on the new ones, without those that were tried: a client that waits for a dying endpoint gets the one
   * that replaces it.
   * @param preferred is the next one, out of turn, if it was not tried yet and is neither gone nor set aside
   */
  next(preferred?: EndpointAddress): EndpointAddress | undefined {
    const endpoint =
      this.#takePreferred(preferred) ?? (this.#first ? this.#fallback(this.#first) : this.#turn());
    this.#first ??= endpoint;
    return endpoint;
  }

  #takePreferred(preferred: EndpointAddress | undefined): EndpointAddress | undefined {
    if (preferred === undefined) return undefined;
    const place = this.#rotation.placeOf(preferred);
    if (place === undefined || this.#rotation.isSetAside(place, this.#nowMs)) return undefined;
    if (this.#first !== undefined && !this.#isNew(preferred, this.#first)) return undefined;
    return preferred;
  }

  #turn(): EndpointAddress | undefined {
    const place = this.#rotation.turn(this.#nowMs);
    return place === undefined ? undefined : this.#rotation.endpoints[place];
  }

  #fallback(first: EndpointAddress): EndpointAddress | undefined {
    if (this.#endpoints !== this.#rotation.endpoints) {
      this.#endpoints = this.#rotation.endpoints;
      this.#start = this.#startAfter(first);
      this.#step = 0;
    }
    const { length } = this.#endpoints;
    // Two rounds: the first leaves out what is set aside, the second takes all that is left.
    for (; this.#step < 2 * length; this.#step++) {
      const place = (this.#start + this.#step) % length;
      const endpoint = this.#endpoints[place];
      if (endpoint === undefined) continue;
      if (this.#step < length && this.#rotation.isSetAside(place, this.#nowMs)) continue;
      if (this.#isNew(endpoint, first)) return endpoint;
    }
    return undefined;
  }

  /** After the client's own turn; other clients may have moved the rotation on since. */
  #startAfter(first: EndpointAddress): number {
    const place = this.#rotation.placeOf(first);
    return place === undefined ? this.#rotation.position : place + 1;
  }

  /** True once for each endpoint: it counts as tried from then on. */
  #isNew({ ip, port }: EndpointAddress, first: EndpointAddress): boolean {
    this.#tried ??= new Set([hostPort(first.ip, first.port)]);
    const { size } = this.#tried;
    return this.#tried.add(hostPort(ip, port)).size > size;
  }
}
