// dataplane/linux/listener.ts: a listener as the proxier sees it: a handle in the main thread on what a worker holds.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { Departures } from '../departures.js';
import { addUp } from '../native/counter-block.js';
import { type EndpointsMessage, endpointsMessage, isNews } from '../native/endpoints-message.js';
import { PickSlots } from '../native/pick-slots.js';
import type { CounterPlace } from './counter-places.js';
import type { ToThread } from './messages.js';

export interface ListenerContext {
  readonly clock: Clock;
  /** One that no endpoint of any listener had. */
  nextEndpointId(): number;
  /** To the listener's own thread. */
  post(message: ToThread): void;
  /** Waits, a few milliseconds at most, until the thread has seen what was posted: what is read then is no older. */
  settle(): void;
  /** Has established connections to these endpoints (SharedEndpoint.id) reset, in every thread. */
  cutEndpoints(ids: readonly number[]): void;
  /** The listener begins to close; resolves when its port is free. */
  close(): Promise<void>;
}

/** An endpoint that has left, and what its connections know it by. */
interface Leaver {
  readonly endpoint: EndpointAddress;
  readonly id: number;
}

export class LinuxListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly place: CounterPlace;
  readonly #context: ListenerContext;
  readonly #picks: PickSlots;
  /** UDP flows have nothing to wait for: they move. */
  readonly #departures: Departures<Leaver> | undefined;
  #config: ListenerConfig;
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
    this.#picks = new PickSlots(context.nextEndpointId);
    this.#config = config;
    if (parts.spec.servicePortName.protocol === 'TCP') this.#departures = this.#watchDepartures(config);
  }

  #watchDepartures(config: ListenerConfig): Departures<Leaver> {
    return new Departures(config, {
      clock: this.#context.clock,
      nameOf: (endpoint) => {
        const id = this.#picks.idOf(endpoint);
        return id === undefined ? undefined : { endpoint, id };
      },
      cut: (left) => {
        for (const { endpoint } of left) this.#picks.renumber(endpoint);
        this.#context.cutEndpoints(left.map(({ id }) => id));
      },
    });
  }

  /** What its thread must know of its endpoints at first. Once only, before any update(). */
  firstEndpoints(): EndpointsMessage {
    return endpointsMessage(this.#config, this.#picks);
  }

  update(config: ListenerConfig): void {
    const before = this.#config;
    if (this.#closing !== undefined || config === before) return;
    this.#config = config;
    // First: endpoints that have left may lose their ids with the next message.
    this.#departures?.update(config);
    if (isNews(before, config))
      this.#context.post({ kind: 'endpoints', id: this.id, ...endpointsMessage(config, this.#picks) });
    // After the message, so that no dial that is under way is established once its endpoint was cut.
    this.#departures?.cutDue();
    const gone = before.replyAddresses.filter((address) => !config.replyAddresses.includes(address));
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

  /** Established connections are not cut any more because of their endpoint. */
  leaveConnections(): void {
    this.#departures?.close();
  }

  /** Keeps the counters as they are: its last connection has ended, and their place is about to be another listener's. */
  freeze(): void {
    this.leaveConnections();
    this.#final = this.counters();
  }
}
