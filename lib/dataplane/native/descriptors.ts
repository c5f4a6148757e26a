// dataplane/native/descriptors.ts: who owns which descriptor. The one place that closes any, so that none is closed twice:
// its number may belong to somebody else by then. A table shared by all threads can check that; tests run with it.
import { EBADF } from './abi/errno.js';
import * as sys from './syscalls.js';
import { check } from './system-error.js';

/** One number for each descriptor, 0: not ours. Beyond the largest limit that a test would set. */
const tableLength = 1 << 17;

/** Who owns descriptors: the main thread, and each thread of a data plane. */
export const mainOwner = 1;
export function ownerOf(thread: number): number {
  return thread + 2;
}

/** For Descriptors of all threads of one data plane. */
export function createOwnerTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(tableLength * Int32Array.BYTES_PER_ELEMENT);
}

export class Descriptors {
  readonly #owner: number;
  readonly #table: Int32Array | undefined;

  /**
   * @param owner a number for the thread, greater than 0
   * @param table from createOwnerTable(); undefined: nothing is checked
   */
  constructor(owner: number, table: SharedArrayBuffer | undefined) {
    this.#owner = owner;
    this.#table = table && new Int32Array(table);
  }

  /** This thread owns `fd` from now on: a call has just made it, or another thread has released it. Returns it. */
  adopt(fd: number): number {
    this.#expect(fd, 0, this.#owner, 'adopted');
    return fd;
  }

  /** This thread owns `fd` no more and must not touch it: another thread is about to adopt it. */
  release(fd: number): void {
    this.#expect(fd, this.#owner, 0, 'released');
  }

  /** Out of every epoll as well, since nothing else refers to what it stands for. */
  close(fd: number): void {
    // Before the call: right after it another thread may be given the same number.
    this.#expect(fd, this.#owner, 0, 'closed');
    // EINTR: Linux has closed it all the same (close(2)).
    const result = sys.close(fd);
    if (result === -EBADF) check(result, 'close', `descriptor ${fd}`);
  }

  #expect(fd: number, before: number, after: number, verb: string): void {
    if (this.#table === undefined || fd >= tableLength) return;
    const found = Atomics.compareExchange(this.#table, fd, before, after);
    if (found === before) return;
    throw new Error(
      `descriptor ${fd} can not be ${verb} by owner ${this.#owner}: it belongs to ${found === 0 ? 'nobody' : `owner ${found}`}`,
    );
  }
}
