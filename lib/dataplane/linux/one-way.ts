// dataplane/linux/one-way.ts: moves the bytes of one direction of a TCP relay, in order, and passes the end on.
// Small messages are copied through the thread's one buffer; bulk goes by splice through a pipe and never enters this
// process. Which of the two is decided by what is seen: full reads mean bulk, a short one means that it is over.
// Memory is bounded: what can't be sent at once is at most one chunk (64 KiB) or one pipe (1 MiB, in the kernel).
import {
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_NOSIGNAL,
  SHUT_WR,
  SPLICE_F_MOVE,
  SPLICE_F_NONBLOCK,
} from '../native/abi/constants.js';
import { EAGAIN, EINTR } from '../native/abi/errno.js';
import type { NativeMemory } from '../native/native-memory.js';
import * as sys from '../native/syscalls.js';
import { type ChunkPool, chunkBytes } from './chunk-pool.js';
import { type Pipe, type PipePool, pipeBytes } from './pipe-pool.js';

/** Shared by all relays of a thread. */
export interface RelayTools {
  /** Holds bytes only within one call: chunkBytes long. */
  readonly buffer: NativeMemory;
  readonly chunks: ChunkPool;
  readonly pipes: Pick<PipePool, 'take' | 'giveBack'>;
}

/** What move() found: nothing to do until the next event; more to do; or one of the sockets is broken. */
export type Moved = 'waiting' | 'more' | 'from-broken' | 'to-broken';

/** Full reads in a row that mean bulk. */
const fullReadsOfBulk = 2;
/** A splice of less than this costs more than copying. */
const leastSplice = 16 * 1024;
/** Bounds one turn, so that a fast stream does not keep others waiting: 512 KiB copied, or 4 MiB spliced. */
const copiesPerTurn = 8;
const splicesPerTurn = 4;
const sendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
const spliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

export class OneWay {
  /** Bytes taken from the source, ever. */
  bytes = 0;
  /** The source may have bytes, or its end. Set by an event, cleared by a read that finds no more. */
  readable = false;
  /** The source's end has come in: a read that is not full takes the last of its bytes. */
  endSeen = false;
  /** There was urgent data, at which a read stops short: only a read of nothing says anything. */
  urgentSeen = false;
  /** The destination takes bytes. */
  writable = true;
  /** The source has ended. */
  ended = false;
  /** How often it sent from memory, ever. */
  sends = 0;
  /** All of it was handed to the kernel, and the end passed on. */
  finished = false;
  readonly #from: number;
  readonly #to: number;
  readonly #tools: RelayTools;
  #fullReads = 0;
  #pipe: Pipe | undefined;
  #inPipe = 0;
  /** Bytes that wait for the destination: from `#chunkStart` to `#chunkEnd`. */
  #chunk: NativeMemory | undefined;
  #chunkStart = 0;
  #chunkEnd = 0;

  /** Owns neither descriptor. */
  constructor(from: number, to: number, tools: RelayTools) {
    this.#from = from;
    this.#to = to;
    this.#tools = tools;
  }

  /** It moves much at a time. */
  get isBulk(): boolean {
    return this.#fullReads >= fullReadsOfBulk;
  }

  /** Nothing read is left to be sent. */
  get empty(): boolean {
    return this.#chunk === undefined && this.#inPipe === 0;
  }

  /** @param last the other direction has finished: both sockets are closed after this one, which ends them as well */
  move(last: boolean): Moved {
    if (this.finished) return 'waiting';
    let copies = copiesPerTurn;
    let splices = splicesPerTurn;
    while (copies > 0 && splices > 0) {
      if (!this.empty) {
        if (!this.writable) return 'waiting';
        const flushed = this.#chunk === undefined ? this.#flushPipe() : this.#flushChunk(this.#chunk);
        if (flushed !== 'more') return flushed;
      }
      if (this.ended) return this.#finish(last);
      if (!this.readable) return this.#rest();
      // splice() can't pass an urgent mark: it says EAGAIN there, where recv() steps over it.
      const pipe = this.urgentSeen || !this.isBulk ? undefined : this.#takePipe();
      const moved = pipe === undefined ? this.#copy() : this.#fill(pipe);
      if (moved !== 'more') return moved;
      if (pipe === undefined) copies--;
      else splices--;
    }
    return 'more';
  }

  /** Gives up what it holds; the bytes in it are lost. Idempotent. */
  drop(): void {
    if (this.#chunk !== undefined) this.#tools.chunks.giveBack(this.#chunk);
    this.#chunk = undefined;
    this.#returnPipe();
    this.finished = true;
  }

  #copy(): Moved {
    const { buffer } = this.#tools;
    const count = sys.recv(this.#from, buffer.address, chunkBytes, MSG_DONTWAIT);
    if (count <= 0) return this.#readNothing(count);
    this.bytes += count;
    if (count === chunkBytes) this.#fullReads++;
    else {
      this.#fullReads = 0;
      // Drained: asking once more, only to hear EAGAIN or of the end, would cost a call for each message.
      if (!this.urgentSeen) {
        this.readable = false;
        this.ended = this.endSeen;
      }
    }
    // The end follows at once and leaves with these bytes: one packet, and the destination is woken once.
    const flags = this.ended ? sendFlags | MSG_MORE : sendFlags;
    const sent = sys.send(this.#to, buffer.address, count, flags);
    this.sends++;
    if (sent === count) return 'more';
    if (sent < 0 && sent !== -EAGAIN && sent !== -EINTR) return 'to-broken';
    this.#keep(Math.max(0, sent), count);
    return 'more';
  }

  #keep(start: number, end: number): void {
    const chunk = this.#tools.chunks.take();
    this.#tools.buffer.bytes.copy(chunk.bytes, 0, start, end);
    this.#chunk = chunk;
    this.#chunkStart = 0;
    this.#chunkEnd = end - start;
  }

  #flushChunk(chunk: NativeMemory): Moved {
    const length = this.#chunkEnd - this.#chunkStart;
    const sent = sys.send(this.#to, chunk.address + this.#chunkStart, length, sendFlags);
    this.sends++;
    if (sent < 0) return this.#wroteNothing(sent);
    this.#chunkStart += sent;
    // A short send: the kernel's buffer is full, and its next event says when it is not.
    if (sent < length) return this.#full();
    this.#tools.chunks.giveBack(chunk);
    this.#chunk = undefined;
    return 'more';
  }

  #fill(pipe: Pipe): Moved {
    const count = sys.splice(this.#from, pipe.writeFd, pipeBytes, spliceFlags);
    if (count === 0) {
      // The end, or an urgent mark with the end somewhere behind it: recv() knows.
      this.#fullReads = 0;
      return 'more';
    }
    if (count < 0) return this.#readNothing(count);
    this.bytes += count;
    this.#inPipe = count;
    // Short or not, it may be a matter of how many pieces a pipe holds: only EAGAIN says that the source is drained.
    if (count < leastSplice) this.#fullReads = 0;
    return 'more';
  }

  #flushPipe(): Moved {
    while (this.#pipe !== undefined && this.#inPipe > 0) {
      const count = sys.splice(this.#pipe.readFd, this.#to, this.#inPipe, spliceFlags);
      if (count < 0) return this.#wroteNothing(count);
      // The pipe lacks bytes that were put into it: they are lost, and a stream with a hole must not go on.
      if (count === 0) return 'to-broken';
      this.#inPipe -= count;
    }
    return 'more';
  }

  #readNothing(count: number): Moved {
    if (count === 0) {
      this.ended = true;
      return 'more';
    }
    if (count === -EINTR) return 'more';
    if (count !== -EAGAIN) return 'from-broken';
    this.readable = false;
    return this.#rest();
  }

  #wroteNothing(result: number): Moved {
    if (result === -EINTR) return 'more';
    return result === -EAGAIN ? this.#full() : 'to-broken';
  }

  #full(): Moved {
    this.writable = false;
    return 'waiting';
  }

  #rest(): Moved {
    this.#returnPipe();
    return 'waiting';
  }

  #finish(last: boolean): Moved {
    this.#returnPipe();
    this.finished = true;
    if (last) return 'waiting';
    return sys.shutdown(this.#to, SHUT_WR) < 0 ? 'to-broken' : 'waiting';
  }

  #takePipe(): Pipe | undefined {
    this.#pipe ??= this.#tools.pipes.take();
    // None to be had: two more full reads before the next try.
    if (this.#pipe === undefined) this.#fullReads = 0;
    return this.#pipe;
  }

  #returnPipe(): void {
    if (this.#pipe === undefined) return;
    this.#tools.pipes.giveBack(this.#pipe, this.#inPipe === 0);
    this.#pipe = undefined;
    this.#inPipe = 0;
  }
}
