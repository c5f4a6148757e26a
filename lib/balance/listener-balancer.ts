// balance/listener-balancer.ts: the Balancer of every data plane: round robin (round-robin.ts), and session affinity
// (session-affinity.ts) where the Service asks for it.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';
import type { Balancer, BalancerConfig, Candidates } from './balancer.js';
import { Rotation } from './rotation.js';
import { RoundRobin } from './round-robin.js';
import { SessionAffinity } from './session-affinity.js';

export interface BalancerOptions {
  /** How long an endpoint that did not answer is tried last, in milliseconds; 0: never. */
  readonly setAsideMs: number;
  /**
   * Which endpoint is the first to get a client, counted modulo their number. Nodes of a cluster should differ in it, or
   * those that make few connections would all make them to the same endpoints. @default 0
   */
  readonly firstTurn?: number;
}

const none: readonly EndpointAddress[] = [];

export function listenerBalancer(options: BalancerOptions): Balancer {
  return new ListenerBalancer(options);
}

class ListenerBalancer implements Balancer {
  readonly #options: BalancerOptions;
  readonly #rotation: Rotation;
  #resting = none;
  // Both are made only where they are needed: there are many listeners.
  #restingKeys: Set<string> | undefined;
  #affinity: SessionAffinity | undefined;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#rotation = new Rotation(options.firstTurn);
  }

  update({ endpoints, resting, affinityTimeoutMs }: BalancerConfig): void {
    const isSame = endpoints === this.#rotation.endpoints && resting === this.#resting;
    if (!isSame) {
      this.#rotation.replace(endpoints);
      this.#resting = resting;
      this.#restingKeys = undefined;
    }
    if (affinityTimeoutMs === undefined) {
      this.#affinity = undefined;
      return;
    }
    this.#affinity ??= new SessionAffinity(affinityTimeoutMs);
    this.#affinity.timeoutMs = affinityTimeoutMs;
    if (!isSame) this.#affinity.keepOnly((endpoint) => this.has(endpoint));
  }

  get size(): number {
    return this.#rotation.endpoints.length;
  }

  has(endpoint: EndpointAddress): boolean {
    return this.#rotation.placeOf(endpoint) !== undefined || this.#isResting(endpoint);
  }

  #isResting({ ip, port }: EndpointAddress): boolean {
    if (this.#resting.length === 0) return false;
    this.#restingKeys ??= new Set(this.#resting.map((resting) => hostPort(resting.ip, resting.port)));
    return this.#restingKeys.has(hostPort(ip, port));
  }

  candidates(client: string, nowMs: number): Candidates {
    const offers = new RoundRobin(this.#rotation, nowMs);
    return this.#affinity === undefined ? offers : pinning(offers, client, nowMs, () => this.#affinity);
  }

  chosen(client: string, endpoint: EndpointAddress, nowMs: number): void {
    // A dial may be answered by an endpoint that has just left: nobody is to come back to it.
    if (this.#affinity !== undefined && this.has(endpoint)) this.#affinity.pin(client, endpoint, nowMs);
  }

  setAside(endpoint: EndpointAddress, nowMs: number): void {
    const { setAsideMs } = this.#options;
    if (setAsideMs > 0) this.#rotation.setAside(endpoint, nowMs + setAsideMs);
  }

  answered(endpoint: EndpointAddress): void {
    this.#rotation.restore(endpoint);
  }
}

/**
 * What a client is offered is its pin from then on, also after a dial that failed: others of its connections that are
 * waiting for the same dead endpoint go on to the same next one.
 * @param affinity undefined once it was switched off
 */
function pinning(
  offers: RoundRobin,
  client: string,
  nowMs: number,
  affinity: () => SessionAffinity | undefined,
): Candidates {
  return {
    next() {
      const endpoint = offers.next(affinity()?.endpointOf(client, nowMs));
      if (endpoint !== undefined) affinity()?.pin(client, endpoint, nowMs);
      return endpoint;
    },
  };
}
