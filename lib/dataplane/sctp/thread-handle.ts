// dataplane/sctp/thread-handle.ts: the relay's thread as the main thread sees it: started, told things, woken, stopped.
// Like ../linux/threads.ts: a thread that blocks in epoll_wait can not be terminated, only told to end.
import { Worker } from 'node:worker_threads';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../native/abi/constants.js';
import { Control, createControlMemory } from '../native/control.js';
import { createOwnerTable, Descriptors, mainOwner } from '../native/descriptors.js';
import * as sys from '../native/syscalls.js';
import { check } from '../native/system-error.js';
import { Waker } from '../native/wake.js';
import type { FromRelay, RelayThreadSettings, ToRelay } from './messages.js';
import type { ResolvedOptions } from './options.js';

const thread = 0;
/** It handles its messages within one turn; this is for one that is held up by the machine. */
const settleMs = 100;

export class ThreadHandle {
  readonly descriptors: Descriptors;
  readonly #options: ResolvedOptions;
  readonly #totals: SharedArrayBuffer;
  readonly #message: (message: FromRelay) => void;
  readonly #lost: () => void;
  readonly #ownerTable: SharedArrayBuffer | undefined;
  readonly #controlMemory = createControlMemory(1);
  readonly #control = new Control(this.#controlMemory);
  readonly #waker = new Waker();
  #worker: Worker | undefined;
  #wakeFd = -1;
  #isStopping = false;
  #isLost = false;

  /**
   * Starts nothing yet.
   * @param lost the thread has ended by a fault: it answers nothing any more. Called once, before options.died
   */
  constructor(
    options: ResolvedOptions,
    totals: SharedArrayBuffer,
    message: (message: FromRelay) => void,
    lost: () => void,
  ) {
    this.#options = options;
    this.#totals = totals;
    this.#message = message;
    this.#lost = lost;
    this.#ownerTable = options.checkDescriptors ? createOwnerTable() : undefined;
    this.descriptors = new Descriptors(mainOwner, this.#ownerTable);
  }

  /** It has ended by a fault. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Resolves when it runs. Rejects if it can't; close() then. */
  start(): Promise<void> {
    const wakeFd = check(sys.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 'eventfd', 'of the SCTP relay');
    this.#wakeFd = this.descriptors.adopt(wakeFd);
    process.on('exit', this.#stop);
    const settings: RelayThreadSettings = {
      wakeFd,
      control: this.#controlMemory,
      totals: this.#totals,
      ownerTable: this.#ownerTable,
      options: this.#options.relay,
    };
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: settings,
      name: 'sctp-relay',
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      const died = (error: unknown): void => {
        reject(error);
        // 'exit' comes after 'error'.
        if (this.#isStopping || this.#isLost) return;
        this.#isLost = true;
        this.#lost();
        this.#options.died(error);
      };
      worker.on('error', died);
      worker.on('exit', (code) => died(new Error(`the SCTP relay's thread has ended with status ${code}`)));
      worker.on('message', (message: FromRelay) => {
        if (message.kind === 'ready') resolve();
        else this.#message(message);
      });
    });
  }

  /** Nothing happens where it is lost. */
  post(message: ToRelay): void {
    if (this.#isLost) return;
    // Before the message: whoever handles it must find it counted.
    this.#control.posting(thread);
    this.#worker?.postMessage(message);
    this.#waker.wake(this.#wakeFd);
  }

  /** Blocks, for some microseconds as a rule, until the thread has seen what was posted. */
  settle(): void {
    if (!this.#isLost) this.#control.awaitHandled(thread, settleMs);
  }

  /** Also run when the process exits. */
  readonly #stop = (): void => {
    this.#isStopping = true;
    this.#control.stop(thread);
    this.#waker.wake(this.#wakeFd);
  };

  /** Ends the thread, which tells both sides of what is left. Resolves when it is gone. Once only. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) =>
      worker.threadId === -1 ? resolve(0) : worker.once('exit', resolve),
    );
    this.#stop();
    await ended;
    process.off('exit', this.#stop);
    this.descriptors.close(this.#wakeFd);
    this.#worker = undefined;
  }
}
