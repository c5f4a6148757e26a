// dataplane/linux/pipe-pool.ts: the pipes that splice() moves bulk data through, of one thread. A relay holds one only
// while bytes are in it, so a few serve many streams. Without one a stream is copied, which is slower and no less right.
import { F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from '../native/abi/constants.js';
import type { Descriptors } from '../native/descriptors.js';
import { NativeMemory } from '../native/native-memory.js';
import * as sys from '../native/syscalls.js';

/** The most that an unprivileged process may ask for (/proc/sys/fs/pipe-max-size). */
export const pipeBytes = 1024 * 1024;
/** Kept for the next stream; the others are closed. */
const maxIdle = 8;

export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

export class PipePool {
  readonly #descriptors: Descriptors;
  readonly #max: number;
  readonly #idle: Pipe[] = [];
  readonly #fds = new NativeMemory(8);
  #inUse = 0;

  /** @param max pipes at a time */
  constructor(descriptors: Descriptors, max: number) {
    this.#descriptors = descriptors;
    this.#max = max;
  }

  /** Empty. Undefined: there are enough of them, or the system grants none of a useful size. */
  take(): Pipe | undefined {
    const pipe = this.#idle.pop() ?? this.#make();
    if (pipe !== undefined) this.#inUse++;
    return pipe;
  }

  /** @param empty false: it still holds bytes, and must never give them to another stream */
  giveBack(pipe: Pipe, empty: boolean): void {
    this.#inUse--;
    if (empty && this.#idle.length < maxIdle) this.#idle.push(pipe);
    else this.#closeOne(pipe);
  }

  #make(): Pipe | undefined {
    if (this.#inUse >= this.#max) return undefined;
    if (sys.pipe2(this.#fds.address, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
    const readFd = this.#descriptors.adopt(this.#fds.words[0] ?? -1);
    const writeFd = this.#descriptors.adopt(this.#fds.words[1] ?? -1);
    const pipe = { readFd, writeFd };
    // Over the user's limit (/proc/sys/fs/pipe-user-pages-soft) a pipe has two pages: worse than copying.
    if (sys.fcntl(writeFd, F_SETPIPE_SZ, pipeBytes) >= 0) return pipe;
    this.#closeOne(pipe);
    return undefined;
  }

  #closeOne({ readFd, writeFd }: Pipe): void {
    this.#descriptors.close(readFd);
    this.#descriptors.close(writeFd);
  }

  /** Every pipe has been given back. */
  close(): void {
    for (const pipe of this.#idle.splice(0)) this.#closeOne(pipe);
  }
}
