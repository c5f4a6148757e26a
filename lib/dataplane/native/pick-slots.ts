// dataplane/native/pick-slots.ts: which number in shared memory counts the picks of which endpoint of a listener, and by
// which number its connections know it. Decided by the main thread, which also reads the picks; they are written by the
// listener's own thread.
import type { EndpointAddress } from '../../model/endpoint.js';
import { flatString } from '../../model/flat-string.js';
import { hostPort } from '../../model/ip.js';
import type { SharedEndpoint } from './prepared-endpoints.js';

/** Endpoints that left are remembered up to this number. */
const rememberedPicks = 1024;
const leastSlots = 8;

interface Slot {
  /** See SharedEndpoint. */
  readonly id: number;
  readonly segment: number;
  readonly offset: number;
  /** What it held when it was given to its endpoint. */
  readonly base: number;
}

type Place = Pick<Slot, 'segment' | 'offset'>;

export class PickSlots {
  readonly #segments: Float64Array[] = [];
  readonly #free: Place[] = [];
  readonly #nextId: () => number;
  /** By `ip:port`; of those that left, the first to leave comes first. */
  readonly #slots = new Map<string, Slot>();

  /** @param nextId an id that no endpoint of any listener had */
  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  /**
   * The endpoints with their slots, and the memory that the thread does not know yet.
   * @param resting get none, but keep what they have: their connections go on, and may have to be cut some time
   */
  assign(
    endpoints: readonly EndpointAddress[],
    resting: readonly EndpointAddress[],
  ): {
    readonly endpoints: readonly SharedEndpoint[];
    readonly segments: readonly SharedArrayBuffer[];
  } {
    const keys = endpoints.map(keyOf);
    this.#forgetAllBut(new Set([...keys, ...resting.map(keyOf)]));
    const segments: SharedArrayBuffer[] = [];
    const missing = keys.filter((key) => !this.#slots.has(key)).length - this.#free.length;
    if (missing > 0) segments.push(this.#grow(missing));
    const shared = endpoints.map(({ ip, port }, index) => {
      const { id, segment, offset } = this.#take(keys[index] ?? '');
      return { ip, port, id, segment, offset };
    });
    return { endpoints: shared, segments };
  }

  /** Undefined: it was never assigned, or is forgotten. */
  idOf(endpoint: EndpointAddress): number | undefined {
    return this.#slots.get(keyOf(endpoint))?.id;
  }

  /** What was established to it is cut. When it comes back it has another id: what it gets then is not meant. */
  renumber(endpoint: EndpointAddress): void {
    const key = keyOf(endpoint);
    const slot = this.#slots.get(key);
    // In its place: those that have left stay in their order.
    if (slot !== undefined) this.#slots.set(key, slotAt(slot, this.#nextId(), slot.base));
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
    const slot = known ?? slotAt(place, this.#nextId(), this.#at(place));
    // Anew at the end: those that have left gather at the front.
    this.#slots.delete(key);
    this.#slots.set(flatString(key), slot);
    return slot;
  }

  #grow(slots: number): SharedArrayBuffer {
    const length = Math.max(leastSlots, slots);
    const memory = new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT);
    const segment = this.#segments.push(new Float64Array(memory)) - 1;
    for (let offset = length - 1; offset >= 0; offset--) this.#free.push({ segment, offset });
    return memory;
  }

  #at({ segment, offset }: Place): number {
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

/** Not `{...place, id, base}`: V8 gives each object that is made so a shape of its own, 200 bytes for each endpoint. */
function slotAt({ segment, offset }: Place, id: number, base: number): Slot {
  return { id, segment, offset, base };
}

function keyOf({ ip, port }: EndpointAddress): string {
  return hostPort(ip, port);
}
