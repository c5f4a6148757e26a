// dataplane/linux/udp-flow.ts: one UDP client's way to one endpoint: a connected socket of its own, which hears of ICMP
// errors. A flow that fails is over; the client's next datagram begins another one.
import { EPOLLERR, EPOLLIN } from '../native/abi/constants.js';
import { EAGAIN, EINTR, isRefusal } from '../native/abi/errno.js';
import { type CounterBlock, count, txBytes } from '../native/counter-block.js';
import type { ReadyHandler } from '../native/epoll-loop.js';
import type { PreparedEndpoint } from '../native/prepared-endpoints.js';
import type { Sockets } from '../native/sockets.js';
import type { ClientKey } from './client-key.js';
import type { DatagramBatch } from './datagram-batch.js';
import { type Route, toPeer } from './outgoing-batch.js';
import type { ReplyBatch, ReplySender } from './reply-batch.js';
import type { SlabRoute } from './route-slab.js';

export interface UdpFlowContext {
  readonly batch: DatagramBatch;
  readonly replies: ReplyBatch;
  /** Sends the replies that were received. */
  readonly sender: ReplySender;
  readonly sockets: Sockets;
  readonly counters: CounterBlock;
  /** Whether the kernel takes several datagrams as one message. */
  readonly inSegments: boolean;
  /** The running tick of the listener's clients. */
  tick(): number;
  /** First reply only. */
  answered(endpoint: PreparedEndpoint): void;
  /** The endpoint, or the way there, said no (errno, negated); the flow must be ended. */
  broken(flow: UdpFlow, error: number): void;
  /** Something of ours has thrown in it; it must be ended. */
  faulty(flow: UdpFlow): void;
  warn(message: string, flow: UdpFlow, result: number): void;
}

export class UdpFlow implements ReadyHandler {
  readonly key: ClientKey;
  readonly fd: number;
  readonly slot: number;
  readonly endpoint: PreparedEndpoint;
  readonly route: SlabRoute;
  /** When it was last used, in ticks. */
  lastTick: number;
  /** Which version of the endpoints this flow was last checked against. */
  generation: number;
  readonly #context: UdpFlowContext;
  readonly #peer: Route;
  #answered = false;
  /**
   * Several datagrams in one call, which hides why one of them was refused, and in one message, which is lost as a whole
   * where nobody listens: only while the endpoint answers. Before its first answer, and after a call that sent fewer,
   * each is sent alone.
   */
  #inBatches = false;
  #sent = false;
  /** Since it last received. */
  #sentSince = 0;

  constructor(
    parts: Pick<UdpFlow, 'key' | 'fd' | 'slot' | 'endpoint' | 'route' | 'generation'>,
    context: UdpFlowContext,
  ) {
    this.key = parts.key;
    this.fd = parts.fd;
    this.slot = parts.slot;
    this.endpoint = parts.endpoint;
    this.route = parts.route;
    this.generation = parts.generation;
    this.lastTick = context.tick();
    this.#context = context;
    this.#peer = toPeer(context.inSegments);
  }

  /**
   * Sends the batch's datagrams from `first` to before `end`. Returns `end`, or the number of the datagram by which an
   * ICMP error for an earlier one was learned: the flow is over then, and that datagram was not sent.
   */
  send(first: number, end: number): number {
    const { batch, warn } = this.#context;
    for (let next = first; next < end; ) {
      const wanted = this.#inBatches ? end - next : 1;
      const sent = wanted === 1 ? batch.sendOne(this.fd, next) : batch.send(this.fd, next, end, this.#peer);
      if (sent > 0) {
        next += sent;
        this.#sentSince += sent;
        this.#sent = true;
        if (sent < wanted) this.#inBatches = false;
      } else if (isRefusal(sent)) {
        // Of its very first datagram another flow would hear the same: it counts as sent and lost.
        const unsent = this.#sent ? next : next + 1;
        this.#context.broken(this, sent);
        return unsent;
      } else if (sent === -EAGAIN) {
        warn('UDP datagrams dropped, the send queue is full', this, sent);
        return end;
      } else if (wanted > 1 && this.#peer.inSegments && sent !== -EINTR) {
        // Too large for the path, or a device that can't: one by one, each datagram has an answer of its own.
        this.#peer.inSegments = false;
      } else if (sent !== -EINTR) {
        // EPERM (a firewall), EMSGSIZE and the like concern this one datagram.
        warn('UDP datagram was not sent', this, sent);
        next++;
      }
    }
    return end;
  }

  fail(): void {
    this.#context.faulty(this);
  }

  ready(events: number): void {
    // First, since receiving would report it instead of what has arrived.
    const error = (events & EPOLLERR) === 0 ? 0 : this.#context.sockets.takeError(this.fd);
    const received = (events & EPOLLIN) === 0 ? 0 : this.#receive();
    if (error < 0) this.#failed(error);
    // Unless it is over by now.
    else if (received < 0) this.#failed(received);
  }

  /** Anything but a refusal concerns one datagram: EMSGSIZE is news of the path's MTU, by which the next ones are cut. */
  #failed(error: number): void {
    if (isRefusal(error)) this.#context.broken(this, error);
    else this.#context.warn('UDP datagram was lost', this, error);
  }

  /** 0, or errno negated. Level-triggered: what is left is reported again. */
  #receive(): number {
    const { replies, sender, counters } = this.#context;
    // One datagram is likely to have one reply, and recvmmsg would look for a second. With sendOne() and the replies of all
    // flows sent by one call, a round trip of 64 clients costs 7.6 microseconds of CPU instead of 8.9.
    const isOne = this.#sentSince === 1;
    this.#sentSince = 0;
    const bytes = isOne
      ? replies.receiveOne(this.fd, this.route, sender)
      : replies.receive(this.fd, this.route, sender);
    if (bytes < 0) return bytes === -EAGAIN || bytes === -EINTR ? 0 : bytes;
    count(counters, txBytes, bytes);
    this.lastTick = this.#context.tick();
    this.#inBatches = true;
    if (!this.#answered) {
      this.#answered = true;
      this.#context.answered(this.endpoint);
    }
    return 0;
  }
}
