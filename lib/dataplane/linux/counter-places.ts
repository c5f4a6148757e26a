// dataplane/linux/counter-places.ts: gives listeners their places among the counters in shared memory, and takes them
// back. Main thread.
import { blockLength, type CounterBlock } from '../native/counter-block.js';
import { blockOf, createSegment, segmentOf } from './counter-segment.js';

export interface CounterPlace {
  readonly place: number;
  /** One for each thread; all zero when it is given out. */
  readonly blocks: readonly CounterBlock[];
}

export class CounterPlaces {
  readonly #threads: number;
  readonly #added: (segment: number, memory: SharedArrayBuffer) => void;
  readonly #segments: SharedArrayBuffer[] = [];
  readonly #free: number[] = [];
  #next = 0;

  /** @param added a segment that every thread must be told of before it hears of a place in it */
  constructor(threads: number, added: (segment: number, memory: SharedArrayBuffer) => void) {
    this.#threads = threads;
    this.#added = added;
  }

  take(): CounterPlace {
    const place = this.#free.pop() ?? this.#next++;
    const segment = segmentOf(place);
    const memory = this.#segments[segment] ?? this.#grow(segment);
    const blocks = Array.from({ length: this.#threads }, (_, thread) => blockOf(memory, thread, place));
    for (const block of blocks) block.fill(0, 0, blockLength);
    return { place, blocks };
  }

  #grow(segment: number): SharedArrayBuffer {
    const memory = createSegment(this.#threads);
    this.#segments[segment] = memory;
    this.#added(segment, memory);
    return memory;
  }

  /** No thread counts there any more. */
  giveBack({ place }: CounterPlace): void {
    this.#free.push(place);
  }
}
