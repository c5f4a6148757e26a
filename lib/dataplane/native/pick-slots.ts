// dataplane/native/pick-slots.ts: which number in shared memory counts the picks of which endpoint of a listener. Decided
// by the main thread, which also reads them; written by the listener's own thread.
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import type { SharedEndpoint } from './prepared-endpoints.js';

/** Endpoints that left are remembered up to this number. */
const rememberedPicks = 1024;
const leastSlots = 8;

interface Slot {
  readonly segment: number;
  readonly offset: number;
  /** What it held when it was given to its endpoint. */
  readonly base: number;
}

export class PickSlots {
  readonly #segments: Float64Array[] = [];
  readonly #free: Omit<Slot, 'base'>[] = [];
  /** By `ip:port`; of those that left, the first to leave comes first. */
  readonly #slots = new Map<string, Slot>();

  /** The endpoints with their slots, and the memory that the thread does not know yet. */
  assign(endpoints: readonly EndpointAddress[]): {
    readonly endpoints: readonly SharedEndpoint[];
    readonly segments: readonly SharedArrayBuffer[];
  } {
    const keys = endpoints.map(({ ip, port }) => hostPort(ip, port));
    this.#forgetAllBut(new Set(keys));
    const segments: SharedArrayBuffer[] = [];
    const missing = keys.filter((key) => !this.#slots.has(key)).length - this.#free.length;
    if (missing > 0) segments.push(this.#grow(missing));
    const shared = endpoints.map(({ ip, port }, index) => {
      const { segment, offset } = this.#take(keys[index] ?? '');
      return { ip, port, segment, offset };
    });
    return { endpoints: shared, segments };
  }

  read(): ReadonlyMap<string, number> {
    const picks = new Map<string, number>();
    for (const [key, slot] of this.#slots) {
      const number = this.#at(slot) - slot.base;
      if (number > 0) picks.set(key, number);
    }
    return picks;
  }

  #take(key: string): Slot {
    const known = this.#slots.get(key);
    const place = known ?? this.#free.pop();
    if (place === undefined) throw new Error('no slot was left for the picks of an endpoint');
    const slot = known ?? { ...place, base: this.#at(place) };
    // Anew at the end: those that have left gather at the front.
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return slot;
  }

  #grow(slots: number): SharedArrayBuffer {
    const length = Math.max(leastSlots, slots);
    const memory = new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT);
    const segment = this.#segments.push(new Float64Array(memory)) - 1;
    for (let offset = length - 1; offset >= 0; offset--) this.#free.push({ segment, offset });
    return memory;
  }

  #at({ segment, offset }: Omit<Slot, 'base'>): number {
    return this.#segments[segment]?.[offset] ?? 0;
  }

  /**
   * Pods come and go for months. A dial under way may still count for a forgotten endpoint, whose slot is another's by
   * then: only if more than a thousand others have left since it began.
   */
  #forgetAllBut(present: ReadonlySet<string>): void {
    let tooMany = this.#slots.size - present.size - rememberedPicks;
    if (tooMany <= 0) return;
    for (const [key, { segment, offset }] of this.#slots) {
      if (tooMany === 0) return;
      if (present.has(key)) continue;
      this.#slots.delete(key);
      this.#free.push({ segment, offset });
      tooMany--;
    }
  }
}
