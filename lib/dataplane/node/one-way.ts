// dataplane/node/one-way.ts: moves the bytes of one direction of a TCP relay, in order, and passes the end on.
// Memory is bounded: at most one chunk waits to be written and one more is read ahead, 64 KiB each (libuv's read
// size), so 256 KiB for a connection's two directions; before the other side is there, earlyDataBytes and one chunk.
import type { Socket } from 'node:net';

export interface OneWayEvents {
  read(bytes: number): void;
  /** Something was handed to the kernel. */
  wrote(): void;
  /** What is there to be read has to wait; comes again and again. */
  stalled(): void;
  /** `from` has ended (FIN), and all it sent was read. */
  ended(): void;
}

/**
 * Chunks are taken in a setImmediate, not in the read callback that brought them. libuv calls a stream ended, even if
 * it was reset, when it finds data and the hang-up in one poll and the stream is still reading after the callback
 * (uv__stream_io, its short cut for POLLHUP): a cut answer would look whole. A socket that reads again later is told.
 *
 * A socket whose chunk can't be passed on is not polled either: stall-watch.ts looks after it.
 */
export class OneWay {
  readonly #from: Socket;
  readonly #events: OneWayEvents;
  readonly #earlyDataBytes: number;
  #to: Socket | undefined;
  #early: Buffer[] = [];
  #earlyBytes = 0;

  /** Reads from its making on, so that a client that goes away while its endpoint is dialled is noticed. */
  constructor(from: Socket, earlyDataBytes: number, events: OneWayEvents) {
    this.#from = from;
    this.#earlyDataBytes = earlyDataBytes;
    this.#events = events;
    from.on('readable', () => setImmediate(this.#move));
    from.on('end', this.#end);
  }

  /** Once only. */
  connect(to: Socket): void {
    this.#to = to;
    for (const chunk of this.#early) to.write(chunk, this.#written);
    this.#early = [];
    if (this.#from.readableEnded) to.end();
    else this.#move();
  }

  readonly #move = (): void => {
    while (!this.#full()) {
      const chunk: Buffer | null = this.#from.read();
      if (chunk === null) return;
      this.#events.read(chunk.length);
      this.#pass(chunk);
    }
    this.#events.stalled();
  };

  #full(): boolean {
    if (this.#to === undefined) return this.#earlyBytes >= this.#earlyDataBytes;
    return this.#to.destroyed || this.#to.writableLength > 0;
  }

  #pass(chunk: Buffer): void {
    if (this.#to !== undefined) {
      this.#to.write(chunk, this.#written);
      return;
    }
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
  }

  // A failed write also destroys its socket, which tells by its own 'error'.
  readonly #written = (error?: Error | null): void => {
    if (error) return;
    this.#events.wrote();
    this.#move();
  };

  readonly #end = (): void => {
    this.#to?.end();
    this.#events.ended();
  };
}
