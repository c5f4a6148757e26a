// dataplane/linux/reply-batch.ts: replies on their way from endpoints to clients, of many flows: received side by side
// while the loop delivers its events, and sent by one sendmmsg at the turn's end. One per thread.
import { MSG_DONTWAIT } from '../native/abi/constants.js';
import type { EpollLoop, Resumable } from '../native/epoll-loop.js';
import { NativeMemory } from '../native/native-memory.js';
import * as sys from '../native/syscalls.js';
import { batchSize, DatagramHeaders, datagramRoom } from './datagram-headers.js';
import { OutgoingBatch, type Route } from './outgoing-batch.js';

/** Who sends: the listener that the clients of the waiting replies came to. */
export interface ReplySender {
  /** Sends all that waits in the batch. */
  sendReplies(replies: OutgoingBatch): void;
}

export class ReplyBatch implements Resumable {
  readonly #loop: EpollLoop;
  readonly #data = new NativeMemory(batchSize * datagramRoom);
  readonly #received = new DatagramHeaders(this.#data);
  readonly #outgoing = new OutgoingBatch(this.#data);
  #sender: ReplySender | undefined;
  #waiting = 0;
  #willFlush = false;

  constructor(loop: EpollLoop) {
    this.#loop = loop;
  }

  /** Receives one datagram, which waits to be sent along `route`. Its length, or errno negated. */
  receiveOne(fd: number, route: Route, sender: ReplySender): number {
    this.#makeRoom(sender);
    const at = this.#data.address + this.#waiting * datagramRoom;
    const length = sys.recv(fd, at, datagramRoom, MSG_DONTWAIT);
    if (length >= 0) this.#add(length, route);
    return length;
  }

  /** Receives what there is room for, which waits to be sent along `route`. The bytes of all, or errno negated. */
  receive(fd: number, route: Route, sender: ReplySender): number {
    this.#makeRoom(sender);
    const first = this.#waiting;
    const count = sys.recvmmsg(fd, this.#received.addressOf(first), batchSize - first, MSG_DONTWAIT);
    if (count < 0) return count;
    let bytes = 0;
    for (let index = first; index < first + count; index++) {
      const length = this.#received.receivedLength(index);
      bytes += length;
      this.#add(length, route);
    }
    return bytes;
  }

  #makeRoom(sender: ReplySender): void {
    if (this.#waiting === batchSize || this.#sender !== sender) this.flush();
    this.#sender = sender;
    if (this.#willFlush) return;
    this.#willFlush = true;
    this.#loop.atEndOfTurn(this);
  }

  #add(length: number, route: Route): void {
    if (this.#waiting++ === 0) this.#outgoing.begin(0);
    this.#outgoing.add(length, route);
  }

  /** Sends what waits: at the end of a turn, and before a route of it is given back. */
  flush(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    this.#sender?.sendReplies(this.#outgoing);
  }

  resume(): void {
    this.#willFlush = false;
    this.flush();
  }
}
