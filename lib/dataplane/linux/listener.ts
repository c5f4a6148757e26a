// dataplane/linux/listener.ts: a listener as the proxier sees it: a handle in the main thread on what a worker holds.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { addUp } from '../native/counter-block.js';
import { PickSlots } from '../native/pick-slots.js';
import type { EndpointsMessage } from '../native/prepared-endpoints.js';
import type { CounterPlace } from './counter-places.js';
import type { ToThread } from './messages.js';

export interface ListenerContext {
  /** To the listener's own thread. */
  post(message: ToThread): void;
  /** Waits, a few milliseconds at most, until the thread has seen what was posted: what is read then is no older. */
  settle(): void;
  /** The listener begins to close; resolves when its port is free. */
  close(): Promise<void>;
}

export class LinuxListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly place: CounterPlace;
  readonly #context: ListenerContext;
  readonly #picks = new PickSlots();
  #endpoints: readonly EndpointAddress[];
  #replyAddresses: readonly string[];
  #closing: Promise<void> | undefined;
  #final: ListenerCounters | undefined;

  constructor(
    parts: Pick<LinuxListener, 'spec' | 'port' | 'id' | 'place'>,
    config: ListenerConfig,
    context: ListenerContext,
  ) {
    this.spec = parts.spec;
    this.port = parts.port;
    this.id = parts.id;
    this.place = parts.place;
    this.#context = context;
    this.#endpoints = config.endpoints;
    this.#replyAddresses = config.replyAddresses;
  }

  /** What its thread must know of its endpoints at first. Once only, before any update(). */
  firstEndpoints(): EndpointsMessage {
    return this.#picks.assign(this.#endpoints);
  }

  update(config: ListenerConfig): void {
    if (this.#closing !== undefined) return;
    if (config.endpoints !== this.#endpoints) {
      this.#endpoints = config.endpoints;
      this.#context.post({ kind: 'endpoints', id: this.id, ...this.#picks.assign(config.endpoints) });
    }
    const gone = this.#replyAddresses.filter((address) => !config.replyAddresses.includes(address));
    this.#replyAddresses = config.replyAddresses;
    if (gone.length > 0) this.#context.post({ kind: 'forget-locals', id: this.id, addresses: gone });
  }

  counters(): ListenerCounters {
    if (this.#final !== undefined) return this.#final;
    this.#context.settle();
    return { ...addUp(this.place.blocks), picks: this.#picks.read() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#context.close();
    return this.#closing;
  }

  /** Keeps the counters as they are: their place is about to be another listener's. */
  freeze(): void {
    this.#final = this.counters();
  }
}
