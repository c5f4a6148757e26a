// dataplane/native/pick-slots.ts: at which place the picks of which endpoint of a listener are counted, and by which number
// its connections know it. Decided by the main thread, which also reads the picks; the listener's own thread writes them.
import type { EndpointAddress } from '../../model/endpoint.js';
import { flatString } from '../../model/flat-string.js';
import { hostPort } from '../../model/ip.js';
import type { PickPlaces } from './pick-places.js';
import type { SharedEndpoint } from './prepared-endpoints.js';

/** Endpoints that left are remembered up to this number. */
const rememberedPicks = 1024;

interface Slot {
  /** See SharedEndpoint. */
  readonly id: number;
  readonly place: number;
  /** What it held when it was given to its endpoint. */
  readonly base: number;
}

export class PickSlots {
  readonly #places: PickPlaces;
  readonly #nextId: () => number;
  /** The endpoints of now: the list that was given, which others hold as well. */
  #present: readonly EndpointAddress[] = [];
  /** Theirs, in the same order. */
  #slots = new SlotList([]);
  /** Of `ip:port` among those present. Only from when one leaves to the next assign(): listeners are many. */
  #indexes: ReadonlyMap<string, number> | undefined;
  /** By `ip:port`; the first to leave comes first. Made only where one has left. */
  #left: Map<string, Slot> | undefined;
  #final: ReadonlyMap<string, number> | undefined;

  /** @param nextId an id that no endpoint of any listener had */
  constructor(places: PickPlaces, nextId: () => number) {
    this.#places = places;
    this.#nextId = nextId;
  }

  /**
   * The endpoints with their slots. Not after freeze().
   * @param endpoints each one once
   * @param resting get none, but keep what they have: their connections go on, and may have to be cut some time
   */
  assign(
    endpoints: readonly EndpointAddress[],
    resting: readonly EndpointAddress[],
  ): readonly SharedEndpoint[] {
    const known = endpoints.map((endpoint) => ({ endpoint, slot: this.#slotOf(endpoint) }));
    const present = new Set(endpoints.map(keyOf));
    for (const key of present) this.#left?.delete(key);
    // Before those of now are added: until their thread is told, it may count for them once more.
    this.#forget(resting);
    this.#addLeavers(present);
    const given = known.map(({ endpoint, slot = this.#newSlot() }) => ({ endpoint, slot }));
    this.#present = endpoints;
    this.#slots = new SlotList(given.map(({ slot }) => slot));
    this.#indexes = undefined;
    return given.map(({ endpoint: { ip, port }, slot: { id, place } }) => ({ ip, port, id, place }));
  }

  /** Undefined: it was never assigned, or is forgotten. */
  idOf(endpoint: EndpointAddress): number | undefined {
    return this.#slotOf(endpoint)?.id;
  }

  /**
   * It has left, and what was established to it is cut. When it comes back it has another id: what it gets then is not
   * meant.
   */
  renumber(endpoint: EndpointAddress): void {
    const key = keyOf(endpoint);
    const slot = this.#left?.get(key);
    // Setting what is there keeps the order.
    if (slot !== undefined) this.#left?.set(key, { ...slot, id: this.#nextId() });
  }

  read(): ReadonlyMap<string, number> {
    if (this.#final !== undefined) return this.#final;
    const picks = new Map<string, number>();
    for (const [key, slot] of this.#left ?? []) {
      const number = this.#picksOf(slot);
      if (number > 0) picks.set(key, number);
    }
    for (const [index, endpoint] of this.#present.entries()) {
      const number = this.#picksOf(this.#slots.at(index));
      // Its key only where it is wanted: most were never chosen, and there are many.
      if (number > 0) picks.set(keyOf(endpoint), number);
    }
    return picks;
  }

  /** Its thread counts no more: the picks stay as they are, the places may be another listener's. */
  freeze(): void {
    if (this.#final !== undefined) return;
    this.#final = this.read();
    for (const { place } of this.#left?.values() ?? []) this.#places.giveBack(place);
    for (const index of this.#present.keys()) this.#places.giveBack(this.#slots.at(index).place);
    this.#left = undefined;
    this.#present = [];
    this.#slots = new SlotList([]);
    this.#indexes = undefined;
  }

  #picksOf({ place, base }: Slot): number {
    return this.#places.read(place) - base;
  }

  #slotOf(endpoint: EndpointAddress): Slot | undefined {
    const key = keyOf(endpoint);
    const index = this.#indexed().get(key);
    return index === undefined ? this.#left?.get(key) : this.#slots.at(index);
  }

  #indexed(): ReadonlyMap<string, number> {
    this.#indexes ??= new Map(this.#present.map((endpoint, index) => [keyOf(endpoint), index]));
    return this.#indexes;
  }

  #addLeavers(present: ReadonlySet<string>): void {
    for (const [key, index] of this.#indexed()) {
      if (present.has(key)) continue;
      this.#left ??= new Map();
      this.#left.set(flatString(key), this.#slots.at(index));
    }
  }

  /** Pods come and go for months. */
  #forget(resting: readonly EndpointAddress[]): void {
    const left = this.#left;
    if (left === undefined || left.size <= rememberedPicks) return;
    const kept = new Set(resting.map(keyOf).filter((key) => left.has(key)));
    let tooMany = left.size - kept.size - rememberedPicks;
    for (const [key, { place }] of left) {
      if (tooMany <= 0) return;
      if (kept.has(key)) continue;
      left.delete(key);
      this.#places.giveBack(place);
      tooMany--;
    }
  }

  #newSlot(): Slot {
    const place = this.#places.take();
    return { id: this.#nextId(), place, base: this.#places.read(place) };
  }
}

/** Slots as numbers in one array: objects take three times the memory, and there is one for each endpoint of each Service. */
class SlotList {
  readonly #numbers: readonly number[];

  constructor(slots: readonly Slot[]) {
    // A copy has no room to grow.
    this.#numbers = slots.flatMap(({ id, place, base }) => [id, place, base]).slice();
  }

  at(index: number): Slot {
    const numbers = this.#numbers;
    const first = 3 * index;
    return { id: numbers[first] ?? 0, place: numbers[first + 1] ?? 0, base: numbers[first + 2] ?? 0 };
  }
}

function keyOf({ ip, port }: EndpointAddress): string {
  return hostPort(ip, port);
}
