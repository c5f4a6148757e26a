// compose/heap-trimmer.ts: keeps the heap near what is in use. V8 lets it grow to 512 MB on a machine with much memory
// before it collects what has grown old, and parsing 20,000 objects leaves 200 MB of that behind.
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../proxier/clock.js';

export interface Heap {
  usedBytes(): number;
  /** Asks for a collection of the whole heap, to be done by and by. */
  suggestCollection(): void;
  /** Calls back after each collection of the whole heap, until the returned function is called. */
  onCollected(listener: () => void): () => void;
}

export interface HeapTrimmer {
  close(): Promise<void>;
}

const lookEveryMs = 200;
const mebibyte = 2 ** 20;
/** How much larger the heap may be than the last collection left it. */
const growthFactor = 1.25;
const growthBytes = 16 * mebibyte;

/** A collection that was under way already spares what became garbage meanwhile, and one alone leaves holes. */
const collectionsInARow = 2;

export function startHeapTrimmer(clock: Clock, heap: Heap = v8Heap): HeapTrimmer {
  let leftBytes = heap.usedBytes();
  let wanted = 0;
  let suggested = false;
  let cancel = clock.after(lookEveryMs, look);
  const unsubscribe = heap.onCollected(() => {
    if (!suggested) return;
    suggested = false;
    wanted -= 1;
    leftBytes = heap.usedBytes();
  });

  function look(): void {
    const hasGrown = heap.usedBytes() > growthFactor * leftBytes + growthBytes;
    if (wanted === 0 && hasGrown) wanted = collectionsInARow;
    if (wanted > 0 && !suggested) {
      suggested = true;
      heap.suggestCollection();
    }
    cancel = clock.after(lookEveryMs, look);
  }

  return {
    async close() {
      cancel();
      unsubscribe();
    },
  };
}

const v8Heap: Heap = {
  usedBytes: () => getHeapStatistics().used_heap_size,
  /**
   * V8 counts an ArrayBuffer as pressure on memory, and above 64 MiB begins to collect: bit by bit and beside the program
   * (stalls of 5 ms), where gc() and its like would hold everything for 50. Nobody writes to the buffer, so it takes
   * address space and no memory.
   */
  suggestCollection() {
    new ArrayBuffer(96 * mebibyte);
  },
  onCollected(listener) {
    const observer = new PerformanceObserver((list) => {
      const isMajor = list.getEntries().some(isMajorCollection);
      if (isMajor) listener();
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => observer.disconnect();
  },
};

/** @types/node leaves out `detail`, where Node.js tells the kind. */
function isMajorCollection(entry: PerformanceEntry & { readonly detail?: unknown }): boolean {
  const { kind } = (entry.detail ?? {}) as { readonly kind?: number };
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
