// balance/round-robin.ts: strict round robin over a Service's endpoints, the Balancer without session affinity.
// Each client takes one turn of the rotation; what it tries after that takes nobody else's.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';
import type { Balancer, Candidates } from './balancer.js';
import { Rotation } from './rotation.js';

export interface RoundRobinOptions {
  /** How long an endpoint that did not answer is tried last, in milliseconds; 0: never. */
  readonly setAsideMs: number;
}

export function roundRobin(options: RoundRobinOptions): Balancer {
  return new RoundRobin(options);
}

class RoundRobin implements Balancer {
  readonly #options: RoundRobinOptions;
  readonly #rotation = new Rotation();

  constructor(options: RoundRobinOptions) {
    this.#options = options;
  }

  update(endpoints: readonly EndpointAddress[]): void {
    this.#rotation.replace(endpoints);
  }

  get size(): number {
    return this.#rotation.endpoints.length;
  }

  has(endpoint: EndpointAddress): boolean {
    return this.#rotation.placeOf(endpoint) !== undefined;
  }

  candidates(_client: string, nowMs: number): Candidates {
    return candidatesOf(this.#rotation, nowMs);
  }

  setAside(endpoint: EndpointAddress, nowMs: number): void {
    const { setAsideMs } = this.#options;
    if (setAsideMs > 0) this.#rotation.setAside(endpoint, nowMs + setAsideMs);
  }

  answered(endpoint: EndpointAddress): void {
    this.#rotation.restore(endpoint);
  }
}

/** The turn is taken at the first next(), so candidates that are never used cost nobody theirs. */
function candidatesOf(rotation: Rotation, nowMs: number): Candidates {
  let first: EndpointAddress | undefined;
  let fallbacks: Candidates | undefined;
  return {
    next() {
      if (first !== undefined) {
        fallbacks ??= fallbacksOf(rotation, nowMs, first);
        return fallbacks.next();
      }
      const place = rotation.turn(nowMs);
      first = place === undefined ? undefined : rotation.endpoints[place];
      return first;
    },
  };
}

/**
 * Everything but `first`, in the order of the rotation, what is set aside last. When the endpoints are replaced
 * meanwhile it starts over on the new ones, without those that were tried: a client that waits for a dying endpoint
 * gets the one that replaces it.
 */
function fallbacksOf(rotation: Rotation, nowMs: number, first: EndpointAddress): Candidates {
  const tried = new Set([keyOf(first)]);
  let endpoints: readonly EndpointAddress[] | undefined;
  let start = 0;
  let step = 0;
  return {
    next() {
      if (endpoints !== rotation.endpoints) {
        endpoints = rotation.endpoints;
        start = startOf(rotation, first);
        step = 0;
      }
      // Two rounds: the first leaves out what is set aside, the second takes all that is left.
      for (; step < 2 * endpoints.length; step++) {
        const place = (start + step) % endpoints.length;
        const endpoint = endpoints[place];
        if (endpoint === undefined) continue;
        if (step < endpoints.length && rotation.isSetAside(place, nowMs)) continue;
        const key = keyOf(endpoint);
        if (tried.has(key)) continue;
        tried.add(key);
        return endpoint;
      }
      return undefined;
    },
  };
}

/** After the client's own turn; other clients may have moved the rotation on since. */
function startOf(rotation: Rotation, first: EndpointAddress): number {
  const place = rotation.placeOf(first);
  return place === undefined ? rotation.position : place + 1;
}

function keyOf({ ip, port }: EndpointAddress): string {
  return hostPort(ip, port);
}
