// dataplane/sctp-terminate/terminated-association.ts: a client's association and the one to its endpoint, and the messages
// between them: each is taken in whole, and sent on with its stream and payload protocol.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import {
  count,
  countDial,
  countFailure,
  opened,
  open as openPlace,
  rxBytes,
  txBytes,
} from '../native/counter-block.js';
import { rxPackets, txPackets } from '../sctp/relay/counters.js';
import type { SctpAssociation } from '../sctp-peer/association.js';
import type { TerminatorSettings } from './messages.js';
import type { TerminatingListener } from './terminating-listener.js';

export interface TerminatedParts {
  readonly settings: Pick<TerminatorSettings, 'tryTimeoutMs' | 'dialBudgetMs' | 'idleTimeoutMs'>;
  readonly connect: (endpoint: EndpointAddress, timeoutMs: number) => Promise<SctpAssociation>;
  readonly clock: Clock;
}

interface Direction {
  readonly from: SctpAssociation;
  readonly to: SctpAssociation;
  /** Places in the listener's counters. */
  readonly bytes: number;
  readonly messages: number;
}

export class TerminatedAssociation {
  readonly listener: TerminatingListener;
  readonly #client: SctpAssociation;
  readonly #parts: TerminatedParts;
  #server: SctpAssociation | undefined;
  #failure: ConnectionFailure | undefined;
  #lastMs: number;
  #cancelIdle: () => void = () => {};

  constructor(listener: TerminatingListener, client: SctpAssociation, parts: TerminatedParts) {
    this.listener = listener;
    this.#client = client;
    this.#parts = parts;
    this.#lastMs = parts.clock.monotonic();
  }

  get endpoint(): EndpointAddress | undefined {
    return this.#server?.peer;
  }

  /** No endpoint has been found so far. */
  get isHalfOpen(): boolean {
    return this.#server === undefined;
  }

  /** Aborts both sides. */
  cut(reason: ConnectionFailure): void {
    this.#failure ??= reason;
    this.#client.abort(reason);
    this.#server?.abort(reason);
  }

  /** Resolves when both sides have ended. */
  async run(): Promise<void> {
    const { block } = this.listener;
    count(block, opened);
    count(block, openPlace);
    const server = await this.#dial();
    if (server === undefined) this.cut('dial');
    else {
      this.#server = server;
      // The client, or the listener, may have gone meanwhile.
      if (this.#failure !== undefined) server.abort();
      this.#watchIdle();
      await Promise.all([
        this.#forward(
          { from: this.#client, to: server, bytes: rxBytes, messages: rxPackets },
          'client-reset',
        ),
        this.#forward(
          { from: server, to: this.#client, bytes: txBytes, messages: txPackets },
          'endpoint-reset',
        ),
      ]);
      this.#cancelIdle();
    }
    count(block, openPlace, -1);
    if (this.#failure !== undefined) countFailure(block, this.#failure);
  }

  async #dial(): Promise<SctpAssociation | undefined> {
    const { clock, connect, settings } = this.#parts;
    const { balancer, block } = this.listener;
    const startedMs = clock.monotonic();
    const client = this.#client.peer.ip;
    const candidates = balancer.candidates(client, startedMs);
    let hasFailedTry = false;
    for (;;) {
      const nowMs = clock.monotonic();
      const leftMs = startedMs + settings.dialBudgetMs - nowMs;
      if (leftMs <= 0) this.#failure ??= 'dial-timeout';
      const endpoint = this.#failure === undefined ? candidates.next() : undefined;
      if (endpoint === undefined) {
        if (!hasFailedTry) this.#failure ??= 'no-endpoints';
        return undefined;
      }
      try {
        const server = await connect(endpoint, Math.min(settings.tryTimeoutMs, leftMs));
        if (!balancer.has(endpoint)) {
          // It has left meanwhile.
          server.abort();
          continue;
        }
        balancer.answered(endpoint);
        balancer.chosen(client, endpoint, clock.monotonic());
        this.listener.pick(endpoint);
        countDial(block, (clock.monotonic() - nowMs) / 1000);
        return server;
      } catch {
        hasFailedTry = true;
        balancer.setAside(endpoint, clock.monotonic());
      }
    }
  }

  /** Until `from` has ended; ends `to` the same way. */
  async #forward({ from, to, bytes, messages }: Direction, cause: ConnectionFailure): Promise<void> {
    const { block } = this.listener;
    for (;;) {
      const message = await from.receive();
      if (message === undefined) break;
      this.#lastMs = this.#parts.clock.monotonic();
      const { payload, ppid } = message;
      count(block, bytes, payload.length);
      count(block, messages);
      try {
        // The other side may let us use fewer streams than there are on this one.
        await to.send(payload, { stream: Math.min(message.stream, to.streams - 1), ppid });
      } catch {
        // It has ended, or has no room for a message of this size: what follows can't be delivered either.
        this.cut(this.#failure ?? (cause === 'client-reset' ? 'endpoint-reset' : 'client-reset'));
        return;
      }
    }
    if ((await from.ended) === 'shutdown') {
      await to.close();
      return;
    }
    this.cut(cause);
  }

  /** Node-sctp sends no heartbeats: who has nothing to say for long may be gone. */
  #watchIdle(): void {
    const { clock, settings } = this.#parts;
    const leftMs = this.#lastMs + settings.idleTimeoutMs - clock.monotonic();
    if (leftMs <= 0) this.cut('shutdown');
    else this.#cancelIdle = clock.after(Math.min(leftMs, 2 ** 31 - 1), () => this.#watchIdle());
  }
}
