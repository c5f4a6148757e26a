// dataplane/sctp/listener.ts: an SCTP listener as the proxier sees it: a handle in the main thread on what the relay holds.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { Departures } from '../departures.js';
import { addUp } from '../native/counter-block.js';
import { addressOf, type EndpointsMessage, endpointsMessage, isNews } from '../native/endpoints-message.js';
import type { PickPlaces } from '../native/pick-places.js';
import { PickSlots } from '../native/pick-slots.js';
import type { ToRelay } from './messages.js';
import { createListenerBlock, rxPackets, txPackets } from './relay/counters.js';

export interface ListenerContext {
  readonly clock: Clock;
  readonly picks: PickPlaces;
  post(message: ToRelay): void;
  /** Waits, a few milliseconds at most, until the relay has seen what was posted. */
  settle(): void;
  /** The listener begins to close; resolves when its port is free. */
  close(): Promise<void>;
}

export interface SctpListenerCounters extends ListenerCounters {
  /** From clients to endpoints, and back. */
  readonly rxPackets: number;
  readonly txPackets: number;
}

export class SctpListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  /** Shared with the relay, which writes to it. */
  readonly counterMemory = createListenerBlock();
  readonly #block = new Float64Array(this.counterMemory);
  readonly #context: ListenerContext;
  /** The relay knows endpoints by their addresses. */
  readonly #picks: PickSlots;
  readonly #departures: Departures<EndpointAddress>;
  #config: ListenerConfig;
  #closing: Promise<void> | undefined;

  constructor(
    parts: Pick<SctpListener, 'spec' | 'port' | 'id'>,
    config: ListenerConfig,
    context: ListenerContext,
  ) {
    this.spec = parts.spec;
    this.port = parts.port;
    this.id = parts.id;
    this.#context = context;
    this.#picks = new PickSlots(context.picks, () => 0);
    this.#config = config;
    this.#departures = new Departures(config, {
      clock: context.clock,
      nameOf: addressOf,
      cut: (endpoints) => context.post({ kind: 'cut-endpoints', id: this.id, endpoints }),
    });
  }

  /** What the relay must know of its endpoints at first. Once only, before any update(). */
  firstEndpoints(): EndpointsMessage {
    return endpointsMessage(this.#config, this.#picks);
  }

  /** Reply addresses mean nothing here: an answer leaves from whatever address its client hit. */
  update(config: ListenerConfig): void {
    const before = this.#config;
    if (this.#closing !== undefined || config === before) return;
    this.#config = config;
    if (isNews(before, config))
      this.#context.post({ kind: 'endpoints', id: this.id, ...endpointsMessage(config, this.#picks) });
    this.#departures.update(config);
    this.#departures.cutDue();
  }

  /** Associations are to be cut some time, because their endpoint has left. */
  get isDraining(): boolean {
    return this.#departures.isWaiting;
  }

  /** Associations are not cut any more because of their endpoint. */
  leaveAssociations(): void {
    this.#departures.close();
  }

  counters(): SctpListenerCounters {
    this.#context.settle();
    return {
      ...addUp([this.#block]),
      picks: this.#picks.read(),
      rxPackets: this.#block[rxPackets] ?? 0,
      txPackets: this.#block[txPackets] ?? 0,
    };
  }

  close(): Promise<void> {
    // From then on no association comes up: it was up before, or is given up.
    this.#closing ??= this.#context.close().then(() => this.#picks.freeze());
    return this.#closing;
  }
}
