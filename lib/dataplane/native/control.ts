// dataplane/native/control.ts: what the threads of one data plane share beside counters: the cap on connections, and for
// each thread how far it has come with its messages, whether it sleeps, how busy it is. 32-bit words, used atomically.
import { udpCap } from '../connection-cap.js';

const openTcp = 0;
const openUdp = 1;
const maxOpen = 2;
const draining = 3;
const firstThread = 8;
const wordsPerThread = 8;
const posted = 0;
const processed = 1;
const sleeping = 2;
const stopping = 3;
const load = 4;

/** The largest cap; Infinity is written so. */
const unlimited = 2 ** 31 - 1;

export function createControlMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer((firstThread + threads * wordsPerThread) * Int32Array.BYTES_PER_ELEMENT);
}

export class Control {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  setMax(connections: number): void {
    Atomics.store(this.#words, maxOpen, Math.min(connections, unlimited));
  }

  /**
   * False when the cap is reached, or UDP's share of it: nothing was taken then, and nothing must be released. Counted
   * first and looked at then, so that two threads never take the same last place; both may be refused it.
   */
  take(kind: 'tcp' | 'udp'): boolean {
    const words = this.#words;
    const word = kind === 'tcp' ? openTcp : openUdp;
    Atomics.add(words, word, 1);
    const max = Atomics.load(words, maxOpen);
    const udp = Atomics.load(words, openUdp);
    const fits = Atomics.load(words, openTcp) + udp <= max && (kind === 'tcp' || udp <= udpCap(max));
    if (!fits) Atomics.sub(words, word, 1);
    return fits;
  }

  /** True when it was the last TCP connection while the data plane drains: the main thread waits for that. */
  release(kind: 'tcp' | 'udp'): boolean {
    const before = Atomics.sub(this.#words, kind === 'tcp' ? openTcp : openUdp, 1);
    return kind === 'tcp' && before === 1 && Atomics.load(this.#words, draining) === 1;
  }

  get tcpConnections(): number {
    return Atomics.load(this.#words, openTcp);
  }

  get udpClients(): number {
    return Atomics.load(this.#words, openUdp);
  }

  drain(): void {
    Atomics.store(this.#words, draining, 1);
  }

  /** The main thread is about to post a message to `thread`. */
  posting(thread: number): void {
    Atomics.add(this.#words, at(thread, posted), 1);
  }

  hasMessages(thread: number): boolean {
    return Atomics.load(this.#words, at(thread, posted)) !== Atomics.load(this.#words, at(thread, processed));
  }

  /** One message was handled. */
  handled(thread: number): void {
    Atomics.add(this.#words, at(thread, processed), 1);
    Atomics.notify(this.#words, at(thread, processed));
  }

  /** Blocks until `thread` has handled every message, or for `timeoutMs`. */
  awaitHandled(thread: number, timeoutMs: number): void {
    const endMs = performance.now() + timeoutMs;
    while (this.hasMessages(thread)) {
      const remainingMs = endMs - performance.now();
      if (remainingMs <= 0) return;
      const seen = Atomics.load(this.#words, at(thread, processed));
      if (this.hasMessages(thread)) Atomics.wait(this.#words, at(thread, processed), seen, remainingMs);
    }
  }

  setSleeping(thread: number, sleeps: boolean): void {
    Atomics.store(this.#words, at(thread, sleeping), sleeps ? 1 : 0);
  }

  isSleeping(thread: number): boolean {
    return Atomics.load(this.#words, at(thread, sleeping)) === 1;
  }

  stop(thread: number): void {
    Atomics.store(this.#words, at(thread, stopping), 1);
  }

  isStopping(thread: number): boolean {
    return Atomics.load(this.#words, at(thread, stopping)) === 1;
  }

  /** Part of its time that a thread works, in per mille. */
  setLoad(thread: number, perMille: number): void {
    Atomics.store(this.#words, at(thread, load), Math.round(perMille));
  }

  loads(): readonly number[] {
    const threads = (this.#words.length - firstThread) / wordsPerThread;
    return Array.from({ length: threads }, (_, thread) => Atomics.load(this.#words, at(thread, load)));
  }
}

function at(thread: number, word: number): number {
  return firstThread + thread * wordsPerThread + word;
}
