// dataplane/native/wake.ts: wakes a thread that blocks in epoll_wait, by writing to its eventfd (eventfd(2)).
import { NativeMemory } from './native-memory.js';
import * as sys from './syscalls.js';

const counterBytes = 8;

export class Waker {
  readonly #one = new NativeMemory(counterBytes);

  constructor() {
    this.#one.writeWide(1, 0);
  }

  /** Nobody reads the counter: the thread watches for edges, and 2^64 wake-ups do not come about. */
  wake(fd: number): void {
    sys.write(fd, this.#one.address, counterBytes);
  }
}
