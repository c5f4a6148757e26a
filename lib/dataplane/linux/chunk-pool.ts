// dataplane/linux/chunk-pool.ts: memory for bytes that were read and could not be sent at once, of one thread.
import { NativeMemory } from '../native/native-memory.js';

export const chunkBytes = 64 * 1024;
/** Kept for the next slow reader; more than that is left to the garbage collector. */
const maxIdle = 32;

export class ChunkPool {
  readonly #idle: NativeMemory[] = [];

  take(): NativeMemory {
    return this.#idle.pop() ?? new NativeMemory(chunkBytes);
  }

  giveBack(chunk: NativeMemory): void {
    if (this.#idle.length < maxIdle) this.#idle.push(chunk);
  }
}
