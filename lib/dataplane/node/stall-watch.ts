// dataplane/node/stall-watch.ts: notices the reset of a socket that is not being read, because what was read from it
// last can't be passed on yet. Nobody polls it then, and a peer that hangs would hold each of its cut clients for ever.
import type { Socket } from 'node:net';
import type { Clock } from '../../proxier/clock.js';

const probeEveryMs = 5000;
const nothing = Buffer.alloc(0);

/** One for each socket. Costs one timer per 5 s of stalled stream, and nothing to a stream that moves. */
export class StallWatch {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #cancelTimer: (() => void) | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Something waits to be taken from the socket. Looks again until nothing does, or close(). */
  stalled(): void {
    this.#cancelTimer ??= this.#clock.after(probeEveryMs, () => {
      this.#cancelTimer = undefined;
      if (this.#socket.destroyed || this.#socket.readableLength === 0) return;
      this.#probe();
      this.stalled();
    });
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /**
   * A write of no bytes sends no packet but tells of a reset (tcp_sendmsg in Linux), by the socket's own 'error'.
   * A socket with something to write is polled for that; one that has ended has the half-closed time to live.
   */
  #probe(): void {
    if (!this.#socket.writableEnded && this.#socket.writableLength === 0) this.#socket.write(nothing);
  }
}
