// dataplane/node/udp-listening-socket.ts: one UDP socket on one local address and port that comes back after an error.
// Replies to a client must leave by the socket that its request came in on: conntrack can undo a REDIRECT or DNAT
// only when the reply's source is the address that the request was led to.
import type { RemoteInfo, Socket } from 'node:dgram';
import type { Clock } from '../../proxier/clock.js';
import type { SparseWarn } from '../sparse-log.js';
import { type BindUdp, isSendQueueFull, type UdpBindOptions } from './udp-socket.js';

const firstRetryMs = 100;
const lastRetryMs = 5000;

export interface UdpListeningSocketContext {
  readonly bind: BindUdp;
  readonly clock: Clock;
  readonly warn: SparseWarn;
  message(datagram: Buffer, from: RemoteInfo): void;
}

type State =
  | { readonly kind: 'open'; readonly socket: Socket }
  | { readonly kind: 'binding' }
  | { readonly kind: 'waiting'; readonly cancelTimer: () => void }
  | { readonly kind: 'closed' };

export class UdpListeningSocket {
  readonly #options: UdpBindOptions;
  readonly #context: UdpListeningSocketContext;
  #state: State = { kind: 'binding' };
  #retryMs = firstRetryMs;
  #binding: Promise<void> | undefined;

  constructor(options: UdpBindOptions, context: UdpListeningSocketContext) {
    this.#options = options;
    this.#context = context;
  }

  /** The first bind. Rejects with the system's error; close() or retry() then. */
  open(): Promise<void> {
    this.#binding = this.#bind();
    return this.#binding;
  }

  async #bind(): Promise<void> {
    const socket = await this.#context.bind(this.#options, {
      message: (datagram, from) => this.#context.message(datagram, from),
      error: (error) => this.#lost(socket, error),
    });
    if (this.#state.kind === 'closed') {
      socket.close();
      return;
    }
    this.#retryMs = firstRetryMs;
    this.#state = { kind: 'open', socket };
  }

  /** Goes on binding until it works or close() is called, with growing pauses: for an address that comes and goes. */
  retry(error: unknown): void {
    if (this.#state.kind === 'closed') return;
    this.#context.warn('UDP socket can not be bound, trying again', {
      address: this.#options.address,
      port: this.#options.port,
      err: error,
    });
    const cancelTimer = this.#context.clock.after(this.#retryMs, () => {
      this.#state = { kind: 'binding' };
      this.open().catch((again: unknown) => this.retry(again));
    });
    this.#state = { kind: 'waiting', cancelTimer };
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  send(datagram: Buffer, address: string, port: number): void {
    if (this.#state.kind !== 'open') return;
    if (isSendQueueFull(this.#state.socket)) {
      this.#context.warn('UDP replies dropped, the send queue is full', { client: address });
      return;
    }
    this.#state.socket.send(datagram, port, address, this.#sent);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'waiting') state.cancelTimer();
    if (state.kind === 'open') await new Promise<void>((resolve) => state.socket.close(resolve));
    // A bind under way closes its socket itself when it finds this one closed; its error is no news any more.
    await this.#binding?.catch(() => {});
  }

  // EPERM (a firewall), ENOBUFS, EMSGSIZE and the like concern one datagram, and UDP may lose one.
  readonly #sent = (error: Error | null): void => {
    if (error) this.#context.warn('UDP reply was not sent', { err: error });
  };

  #lost(socket: Socket, error: unknown): void {
    if (this.#state.kind !== 'open' || this.#state.socket !== socket) return;
    socket.close();
    this.retry(error);
  }
}
