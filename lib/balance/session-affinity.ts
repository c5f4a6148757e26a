// balance/session-affinity.ts: which endpoint each client of one listener is pinned to (sessionAffinity: ClientIP). Pure;
// time is passed in, monotonic milliseconds. A pin lasts until its client was away for the timeout.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';

/** Pins of one listener; the least recently used go first. About 8 MB when all are taken. */
export const maxPins = 65_536;
/**
 * After so many new pins twice as many old ones are looked at. Not one by one: a Map passes over all that was deleted
 * before it comes to its first entry, which takes 13 us when it is full.
 */
const clearEvery = 64;

/** One for each endpoint that somebody is pinned to. */
interface Target {
  readonly endpoint: EndpointAddress;
  /** Its pins mean nothing any more; they go when they are met. So an endpoint that leaves costs no look at its clients. */
  isGone: boolean;
}

interface Pin {
  readonly target: Target;
  readonly lastUsedMs: number;
}

export class SessionAffinity {
  /** May change at any time, and holds for the pins that are there. */
  timeoutMs: number;
  /** By client; the least recently used is first. */
  readonly #pins = new Map<string, Pin>();
  /** By `ip:port`. */
  readonly #targets = new Map<string, Target>();
  #newPins = 0;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** How many are remembered, some of which may have expired. */
  get size(): number {
    return this.#pins.size;
  }

  /** Where the client is pinned to. */
  endpointOf(client: string, nowMs: number): EndpointAddress | undefined {
    const pin = this.#pins.get(client);
    return pin === undefined || this.#isOver(pin, nowMs) ? undefined : pin.target.endpoint;
  }

  /** The client's one pin from now on; its time starts anew. */
  pin(client: string, endpoint: EndpointAddress, nowMs: number): void {
    // Taken out first: a Map keeps the place of a key that it has, and the order is that of use.
    const isNew = !this.#pins.delete(client);
    this.#pins.set(client, { target: this.#targetOf(endpoint), lastUsedMs: nowMs });
    if (!isNew) return;
    this.#newPins++;
    if (this.#newPins % clearEvery === 0 || this.#pins.size > maxPins) this.#clear(nowMs);
  }

  /** Drops the pins of all other endpoints. */
  keepOnly(isThere: (endpoint: EndpointAddress) => boolean): void {
    for (const [key, target] of this.#targets) {
      if (isThere(target.endpoint)) continue;
      target.isGone = true;
      this.#targets.delete(key);
    }
  }

  #targetOf(endpoint: EndpointAddress): Target {
    const key = hostPort(endpoint.ip, endpoint.port);
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const target = { endpoint, isGone: false };
    this.#targets.set(key, target);
    return target;
  }

  /** Deletes what has expired, and more where there is no room. */
  #clear(nowMs: number): void {
    const atLeast = this.#pins.size > maxPins ? clearEvery : 0;
    let cleared = 0;
    for (const [client, pin] of this.#pins) {
      if (cleared >= atLeast && (cleared === 2 * clearEvery || !this.#isOver(pin, nowMs))) return;
      this.#pins.delete(client);
      cleared++;
    }
  }

  #isOver({ target, lastUsedMs }: Pin, nowMs: number): boolean {
    return target.isGone || nowMs - lastUsedMs >= this.timeoutMs;
  }
}
