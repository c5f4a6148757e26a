// dataplane/linux/counter-segment.ts: where the counter blocks of listeners lie in shared memory. A listener has a place,
// an index that main thread and workers alike turn into blocks; segments are added as listeners come.
import { blockLength, type CounterBlock } from '../native/counter-block.js';

const listenersPerSegment = 256;

export function createSegment(threads: number): SharedArrayBuffer {
  const numbers = threads * listenersPerSegment * blockLength;
  return new SharedArrayBuffer(numbers * Float64Array.BYTES_PER_ELEMENT);
}

export function segmentOf(place: number): number {
  return Math.floor(place / listenersPerSegment);
}

/** Blocks of one thread lie together: no two threads write to one cache line but at the edge. */
export function blockOf(segment: SharedArrayBuffer, thread: number, place: number): CounterBlock {
  const block = thread * listenersPerSegment + (place % listenersPerSegment);
  return new Float64Array(segment, block * blockLength * Float64Array.BYTES_PER_ELEMENT, blockLength);
}
