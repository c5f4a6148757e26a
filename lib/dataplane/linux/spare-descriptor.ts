// dataplane/linux/spare-descriptor.ts: one descriptor held for nothing, given up when there is no other. A client is
// accepted only while it is there, so that descriptors run out with clients in the backlog, where they can wait, and not
// with clients that were accepted and have no socket to their endpoint.
import { EFD_CLOEXEC } from '../native/abi/constants.js';
import type { Descriptors } from '../native/descriptors.js';
import * as sys from '../native/syscalls.js';

export class SpareDescriptor {
  readonly #descriptors: Descriptors;
  #fd = -1;

  constructor(descriptors: Descriptors) {
    this.#descriptors = descriptors;
  }

  /** 0: it is held, or could be had again; else errno negated. */
  hold(): number {
    if (this.#fd >= 0) return 0;
    const fd = sys.eventfd(0, EFD_CLOEXEC);
    if (fd < 0) return fd;
    this.#fd = this.#descriptors.adopt(fd);
    return 0;
  }

  /** True: it was held and is free now, for the next call that needs one. Also used to close it. */
  giveUp(): boolean {
    if (this.#fd < 0) return false;
    this.#descriptors.close(this.#fd);
    this.#fd = -1;
    return true;
  }
}
