// balance/rotation.ts: a Service's endpoints in order, whose turn it is, and which of them are set aside. It knows
// nothing of clients: round-robin.ts asks it. Pure; time is passed in, monotonic milliseconds.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';

/** A class, because there is one for each listener: as closures and getters of an object it took 1.2 KB, not 0.1. */
export class Rotation {
  #endpoints: readonly EndpointAddress[] = [];
  #position = 0;
  // Both are made only where they are needed: most listeners never see a failed dial, and there are many listeners.
  #places: Map<string, number> | undefined;
  #asideUntilMs: Float64Array | undefined;
  readonly #firstTurn: number;

  /** @param firstTurn whose turn it is where no endpoint stays from before: a whole number, taken modulo their number */
  constructor(firstTurn = 0) {
    this.#firstTurn = firstTurn;
  }

  /** In the order of the rotation. Replaced as a whole: a caller that kept it can tell that it is out of date. */
  get endpoints(): readonly EndpointAddress[] {
    return this.#endpoints;
  }

  /** Where the next client starts. */
  get position(): number {
    return this.#position;
  }

  replace(next: readonly EndpointAddress[]): void {
    if (next === this.#endpoints) return;
    const before = this.#endpoints;
    const start = this.#position;
    const beforeAside = this.#asideUntilMs;
    this.#endpoints = next;
    this.#places = undefined;
    this.#asideUntilMs = undefined;
    this.#position = next.length === 0 ? 0 : this.#firstTurn % next.length;
    for (let step = 0; step < before.length; step++) {
      const survivor = before[(start + step) % before.length];
      const place = survivor && this.placeOf(survivor);
      if (place === undefined) continue;
      this.#position = place;
      break;
    }
    if (beforeAside === undefined) return;
    const kept = new Float64Array(next.length);
    before.forEach((endpoint, place) => {
      const now = this.placeOf(endpoint);
      if (now !== undefined) kept[now] = beforeAside[place] ?? 0;
    });
    if (kept.some((untilMs) => untilMs > 0)) this.#asideUntilMs = kept;
  }

  /** Index in `endpoints`; undefined when it is not there (any more). */
  placeOf(endpoint: EndpointAddress): number | undefined {
    this.#places ??= new Map(this.#endpoints.map(({ ip, port }, place) => [hostPort(ip, port), place]));
    return this.#places.get(hostPort(endpoint.ip, endpoint.port));
  }

  /**
   * Takes one turn: the place whose turn it is. A set-aside endpoint has no turns while another one is left, or its
   * neighbour would have two. Undefined when there are no endpoints.
   */
  turn(nowMs: number): number | undefined {
    const { length } = this.#endpoints;
    if (length === 0) return undefined;
    let place = this.#position;
    // Costs as much as there are set-aside endpoints in a row; when all are, each has its turn again.
    for (let step = 0; step < length; step++) {
      const candidate = (this.#position + step) % length;
      if (this.isSetAside(candidate, nowMs)) continue;
      place = candidate;
      break;
    }
    this.#position = (place + 1) % length;
    return place;
  }

  isSetAside(place: number, nowMs: number): boolean {
    return this.#asideUntilMs !== undefined && (this.#asideUntilMs[place] ?? 0) > nowMs;
  }

  setAside(endpoint: EndpointAddress, untilMs: number): void {
    const place = this.placeOf(endpoint);
    if (place === undefined) return;
    this.#asideUntilMs ??= new Float64Array(this.#endpoints.length);
    this.#asideUntilMs[place] = untilMs;
  }

  restore(endpoint: EndpointAddress): void {
    if (this.#asideUntilMs === undefined) return;
    const place = this.placeOf(endpoint);
    if (place !== undefined) this.#asideUntilMs[place] = 0;
  }
}
