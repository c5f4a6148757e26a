// dataplane/linux/threads.ts: the worker threads as the main thread sees them: started together, told things, woken, and
// stopped in order. A thread that blocks in epoll_wait can not be terminated: process.exit() would wait for ever.
import { Worker } from 'node:worker_threads';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../native/abi/constants.js';
import { Control, createControlMemory } from '../native/control.js';
import { createOwnerTable, Descriptors, mainOwner } from '../native/descriptors.js';
import * as sys from '../native/syscalls.js';
import { check } from '../native/system-error.js';
import { Waker } from '../native/wake.js';
import { createRingMemory } from './hand-over.js';
import type { FromThread, ThreadSettings, ThreadTuning, ToThread } from './messages.js';

export interface ThreadsOptions {
  /** At least 1. */
  readonly threads: number;
  readonly checkDescriptors: boolean;
  /** What the threads are told when they start. */
  tuning(): ThreadTuning;
  message(message: FromThread): void;
  /**
   * A thread has ended without being told to, or could not be started. Called once. If it had no time to close what it
   * held, that stays open and is served by nobody, since descriptors belong to the process.
   */
  died(error: unknown): void;
}

export class Threads {
  readonly control: Control;
  readonly descriptors: Descriptors;
  readonly #options: ThreadsOptions;
  readonly #controlMemory: SharedArrayBuffer;
  readonly #ownerTable: SharedArrayBuffer | undefined;
  readonly #waker = new Waker();
  readonly #workers: Worker[] = [];
  readonly #wakeFds: number[] = [];
  #stopping = false;
  #hasDied = false;

  /** Starts nothing yet. */
  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#controlMemory = createControlMemory(options.threads);
    this.control = new Control(this.#controlMemory);
    this.#ownerTable = options.checkDescriptors ? createOwnerTable() : undefined;
    this.descriptors = new Descriptors(mainOwner, this.#ownerTable);
  }

  get count(): number {
    return this.#options.threads;
  }

  /** Resolves when all are running. Rejects if one can't: that is a death as well. */
  async start(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      this.#died(error);
      throw error;
    }
  }

  async #startAll(): Promise<void> {
    const { threads } = this.#options;
    const tuning = this.#options.tuning();
    const rings = Array.from({ length: threads }, createRingMemory);
    for (let thread = 0; thread < threads; thread++) {
      const fd = check(sys.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 'eventfd', 'of a thread');
      // One by one: when the next one fails, close() knows of this one.
      this.#wakeFds.push(this.descriptors.adopt(fd));
    }
    process.on('exit', this.#stop);
    const started = rings.map((_, thread) => {
      const settings: ThreadSettings = {
        ...tuning,
        thread,
        rings,
        wakeFds: this.#wakeFds,
        control: this.#controlMemory,
        ownerTable: this.#ownerTable,
      };
      const name = `data-plane-${thread}`;
      const worker = new Worker(new URL('./worker.js', import.meta.url), {
        workerData: settings,
        name,
        // Nothing of --import, --require or NODE_OPTIONS: what such a module starts in a thread (loader hooks, an agent)
        // would wait for an event loop that never turns, and makes each thread start ten times slower.
        execArgv: [],
        env: {},
        // Little that a thread makes lives long; what is kept for young objects is memory that it never gives back.
        resourceLimits: { maxYoungGenerationSizeMb: 8 },
      });
      this.#workers.push(worker);
      return this.#started(worker, `thread ${name}`);
    });
    await Promise.all(started);
  }

  #died(error: unknown): void {
    if (this.#stopping || this.#hasDied) return;
    this.#hasDied = true;
    this.#options.died(error);
  }

  #started(worker: Worker, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const died = (error: unknown): void => {
        reject(error);
        this.#died(error);
      };
      worker.on('error', (cause) => died(new Error(`${name} has failed`, { cause })));
      // After an error as well.
      worker.on('exit', (code) => died(new Error(`${name} has ended with status ${code}`)));
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') resolve();
        else this.#options.message(message);
      });
    });
  }

  post(thread: number, message: ToThread): void {
    // Before the message: whoever handles it must find it counted.
    this.control.posting(thread);
    this.#workers[thread]?.postMessage(message);
    this.#wake(thread);
  }

  postAll(message: ToThread): void {
    for (let thread = 0; thread < this.count; thread++) this.post(thread, message);
  }

  #wake(thread: number): void {
    const fd = this.#wakeFds[thread];
    if (fd !== undefined) this.#waker.wake(fd);
  }

  /** Also run when the process exits. */
  readonly #stop = (): void => {
    this.#stopping = true;
    for (let thread = 0; thread < this.#workers.length; thread++) {
      this.control.stop(thread);
      this.#wake(thread);
    }
  };

  /** Ends the threads, which reset what they have left. Resolves when they are gone. Once only. */
  async close(): Promise<void> {
    const ended = this.#workers.map(
      (worker) =>
        new Promise((resolve) => (worker.threadId === -1 ? resolve(0) : worker.once('exit', resolve))),
    );
    this.#stop();
    await Promise.all(ended);
    process.off('exit', this.#stop);
    for (const fd of this.#wakeFds.splice(0)) this.descriptors.close(fd);
  }
}
