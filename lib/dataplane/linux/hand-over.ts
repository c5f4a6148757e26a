// dataplane/linux/hand-over.ts: established connections on their way from the thread that accepted them to another one:
// a ring of integers in shared memory, one for each receiving thread. Descriptors belong to the process, so their
// numbers are all there is to hand over. One thread writes, one reads.
import type { Established } from './tcp-relay.js';

const records = 1024;
const wordsPerRecord = 4;
/** Words before the records: how many were written and read, ever (they wrap around). */
const written = 0;
const taken = 1;
const firstRecord = 2;

export function createRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((firstRecord + records * wordsPerRecord) * Int32Array.BYTES_PER_ELEMENT);
}

export class HandOverRing {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** The reader has not taken everything: keep the connection. */
  get full(): boolean {
    return this.#waiting() >= records;
  }

  get empty(): boolean {
    return this.#waiting() === 0;
  }

  /** Only while it is not full. The reader must be woken if it sleeps. */
  put({ clientFd, endpointFd, place, endpointId }: Established): void {
    const words = this.#words;
    const at = recordAt(Atomics.load(words, written));
    words[at] = clientFd;
    words[at + 1] = endpointFd;
    words[at + 2] = place;
    words[at + 3] = endpointId;
    // Atomic, so that whoever sees the new number sees the record as well.
    Atomics.add(words, written, 1);
  }

  take(): Established | undefined {
    if (this.empty) return undefined;
    const words = this.#words;
    const at = recordAt(Atomics.load(words, taken));
    const record = {
      clientFd: words[at] ?? -1,
      endpointFd: words[at + 1] ?? -1,
      place: words[at + 2] ?? 0,
      endpointId: words[at + 3] ?? 0,
    };
    Atomics.add(words, taken, 1);
    return record;
  }

  #waiting(): number {
    return (Atomics.load(this.#words, written) - Atomics.load(this.#words, taken)) | 0;
  }
}

function recordAt(number: number): number {
  return firstRecord + ((number >>> 0) % records) * wordsPerRecord;
}
