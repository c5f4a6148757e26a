// test/dataplane/native/pick-memory.ts: memory for picks that no data plane has given out, with places for 64 endpoints.
import { PickMemory } from '../../../lib/dataplane/native/pick-places.js';

export function pickMemory(memory = new SharedArrayBuffer(64 * Float64Array.BYTES_PER_ELEMENT)): PickMemory {
  const picks = new PickMemory();
  picks.add(0, memory);
  return picks;
}
