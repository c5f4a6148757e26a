// dataplane/node/udp-flow.ts: one UDP client's way to one endpoint: a connected socket of its own.
// A flow that fails is over; the client's next datagram begins another one.
import type { Socket } from 'node:dgram';
import type { Candidates } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import { isLocalAddressTrouble, isRefusal, isShortage } from '../errno.js';
import type { SparseWarn } from '../sparse-log.js';
import { dialUdp, isSendQueueFull } from './udp-socket.js';

/** Bytes that wait while the socket connects; the rest is dropped, as a full socket buffer would. */
const maxQueuedBytes = 256 * 1024;

export interface UdpFlowEvents {
  readonly bufferBytes: number;
  readonly warn: SparseWarn;
  /** The socket is connected to `endpoint`. */
  picked(endpoint: EndpointAddress): void;
  reply(datagram: Buffer): void;
  /** First reply only. */
  answered(endpoint: EndpointAddress): void;
  setAside(endpoint: EndpointAddress): void;
  /**
   * The flow has closed itself. 'refused': by its endpoint; `unsent` is the datagram that this was learned by, if it
   * still can be sent to another one. 'no-candidate': every candidate failed.
   */
  failed(reason: 'refused' | 'no-candidate', unsent?: Buffer): void;
}

export class UdpFlow {
  /** When it was last used, in ticks of its table; written by the table. */
  lastTick = 0;
  /** Which version of the endpoints this flow was last checked against; written by the table. */
  generation = 0;
  readonly #candidates: Candidates;
  readonly #events: UdpFlowEvents;
  #endpoint: EndpointAddress | undefined;
  #socket: Socket | undefined;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #answered = false;
  #closed = false;

  constructor(candidates: Candidates, events: UdpFlowEvents) {
    this.#candidates = candidates;
    this.#events = events;
  }

  /** Once only. Takes the candidates one after the other until one can be connected. */
  open(): void {
    void this.#connect();
  }

  /** Undefined while no candidate has been taken. */
  get endpoint(): EndpointAddress | undefined {
    return this.#endpoint;
  }

  send(datagram: Buffer): void {
    if (this.#closed) return;
    if (this.#socket === undefined) this.#enqueue(datagram);
    else this.#sendOn(this.#socket, datagram);
  }

  #enqueue(datagram: Buffer): void {
    if (this.#queuedBytes + datagram.length > maxQueuedBytes) {
      this.#events.warn('UDP datagrams dropped, the endpoint is still being connected', {});
      return;
    }
    this.#queuedBytes += datagram.length;
    this.#queue.push(datagram);
  }

  #sendOn(socket: Socket, datagram: Buffer): void {
    if (isSendQueueFull(socket)) {
      this.#events.warn('UDP datagrams dropped, the send queue is full', { endpoint: this.#endpointText() });
      return;
    }
    socket.send(datagram, (error) => {
      // It may be an ICMP error for an earlier datagram that is told by this one.
      if (error) this.#failed('UDP datagram was not sent', error, datagram);
    });
  }

  /** Stops at once; tells nobody. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#socket?.close();
  }

  /** Never rejects: dialUdp's errors end here. */
  async #connect(): Promise<void> {
    for (;;) {
      const endpoint = this.#candidates.next();
      if (endpoint === undefined) return this.#fail('no-candidate');
      this.#endpoint = endpoint;
      try {
        const socket = await dialUdp(endpoint, this.#events, {
          message: (datagram, from) => {
            // What reached the port before it was connected may come from anybody.
            if (from.port === endpoint.port && from.address === endpoint.ip)
              this.#replied(endpoint, datagram);
          },
          error: (error) => this.#failed('UDP datagram was lost', error),
        });
        if (this.#closed) socket.close();
        else this.#connected(socket, endpoint);
        return;
      } catch (error) {
        if (this.#closed) return;
        this.#events.warn('UDP endpoint can not be connected', {
          endpoint: this.#endpointText(),
          err: error,
        });
        if (isShortage(error)) return this.#fail('no-candidate');
        if (!isLocalAddressTrouble(error)) this.#events.setAside(endpoint);
      }
    }
  }

  #connected(socket: Socket, endpoint: EndpointAddress): void {
    this.#socket = socket;
    this.#events.picked(endpoint);
    const queue = this.#queue;
    this.#queue = [];
    for (const datagram of queue) this.#sendOn(socket, datagram);
  }

  #replied(endpoint: EndpointAddress, datagram: Buffer): void {
    if (this.#closed) return;
    if (!this.#answered) {
      this.#answered = true;
      this.#events.answered(endpoint);
    }
    this.#events.reply(datagram);
  }

  /** Anything but a refusal concerns one datagram: EMSGSIZE is news of the path's MTU, by which the next ones are cut. */
  #failed(message: string, error: Error, unsent?: Buffer): void {
    if (this.#closed) return;
    const isBroken = isRefusal(error);
    const fields = { endpoint: this.#endpointText(), err: error };
    this.#events.warn(isBroken ? 'UDP flow broken' : message, fields);
    if (!isBroken) return;
    if (this.#endpoint !== undefined) this.#events.setAside(this.#endpoint);
    this.#fail('refused', unsent);
  }

  #endpointText(): string | undefined {
    return this.#endpoint && hostPort(this.#endpoint.ip, this.#endpoint.port);
  }

  #fail(reason: 'refused' | 'no-candidate', unsent?: Buffer): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(reason, unsent);
  }
}
