// dataplane/native/pick-places.ts: one number in shared memory for each endpoint of each listener, where its picks are
// counted. Places are given out and read by the main thread, and written by the listener's own thread. Not an array for
// each listener: each would cost a kilobyte, and there are many listeners.

const placesPerSegment = 4096;

/** The main thread's side. */
export class PickPlaces {
  readonly #added: (segment: number, memory: SharedArrayBuffer) => void;
  readonly #segments: Float64Array[] = [];
  readonly #free: number[] = [];
  #next = 0;

  /** @param added a segment that every thread must be told of (PickMemory) before it hears of a place in it */
  constructor(added: (segment: number, memory: SharedArrayBuffer) => void) {
    this.#added = added;
  }

  /** What it holds is what its last owner left there. */
  take(): number {
    const place = this.#free.pop() ?? this.#next++;
    const segment = segmentOf(place);
    if (segment === this.#segments.length) {
      const memory = new SharedArrayBuffer(placesPerSegment * Float64Array.BYTES_PER_ELEMENT);
      this.#segments.push(new Float64Array(memory));
      this.#added(segment, memory);
    }
    return place;
  }

  read(place: number): number {
    return this.#segments[segmentOf(place)]?.[offsetOf(place)] ?? 0;
  }

  giveBack(place: number): void {
    this.#free.push(place);
  }
}

/** Where a thread counts. */
export class PickMemory {
  readonly #segments: Float64Array[] = [];

  add(segment: number, memory: SharedArrayBuffer): void {
    this.#segments[segment] = new Float64Array(memory);
  }

  /** The numbers among which a place is, and its index there. Throws for a segment that was not added. */
  at(place: number): { readonly numbers: Float64Array; readonly offset: number } {
    const numbers = this.#segments[segmentOf(place)];
    if (numbers === undefined) throw new Error(`no memory for picks at place ${place}`);
    return { numbers, offset: offsetOf(place) };
  }
}

function segmentOf(place: number): number {
  return Math.floor(place / placesPerSegment);
}

function offsetOf(place: number): number {
  return place % placesPerSegment;
}
