// dataplane/linux/listener.ts: a listener as the proxier sees it: a handle in the main thread on what a worker holds.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { Departures } from '../departures.js';
import { addUp } from '../native/counter-block.js';
import { type EndpointsMessage, endpointsMessage, isNews } from '../native/endpoints-message.js';
import type { PickPlaces } from '../native/pick-places.js';
import { PickSlots } from '../native/pick-slots.js';
import type { CounterPlace } from './counter-places.js';
import type { ToThread } from './messages.js';

/** One for all listeners: there are many. */
export interface ListenerContext {
  readonly clock: Clock;
  readonly picks: PickPlaces;
  /** One that no endpoint of any listener had. */
  readonly nextEndpointId: () => number;
  post(thread: number, message: ToThread): void;
  /** Waits, a few milliseconds at most, until the thread has seen what was posted: what is read then is no older. */
  settle(thread: number): void;
  /** Has established TCP connections to these endpoints (SharedEndpoint.id) reset, in every thread. */
  cutEndpoints(ids: readonly number[]): void;
  /** The listener begins to close; resolves when its port is free. */
  close(listener: LinuxListener): Promise<void>;
}

export interface ListenerParts {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly place: CounterPlace;
  /** Its own one, which holds its socket. */
  readonly thread: number;
}

/** An endpoint that has left, and what its connections know it by. */
interface Leaver {
  readonly endpoint: EndpointAddress;
  readonly id: number;
}

export class LinuxListener implements Listener, ListenerParts {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly place: CounterPlace;
  readonly thread: number;
  readonly #context: ListenerContext;
  readonly #picks: PickSlots;
  /** Made when the thread is told news for the first time: most listeners have none. */
  #departures: Departures<Leaver> | undefined;
  #config: ListenerConfig;
  #closing: Promise<void> | undefined;
  #final: ListenerCounters | undefined;

  constructor(parts: ListenerParts, config: ListenerConfig, context: ListenerContext) {
    this.spec = parts.spec;
    this.port = parts.port;
    this.id = parts.id;
    this.place = parts.place;
    this.thread = parts.thread;
    this.#context = context;
    this.#picks = new PickSlots(context.picks, context.nextEndpointId);
    this.#config = config;
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
    const isNew = isNews(before, config);
    // UDP flows have nothing to wait for: they move.
    if (isNew && this.spec.servicePortName.protocol === 'TCP')
      this.#departures ??= this.#watchDepartures(before);
    // First: endpoints that have left may lose their ids with the next message.
    this.#departures?.update(config);
    if (isNew) this.#post({ kind: 'endpoints', id: this.id, ...endpointsMessage(config, this.#picks) });
    // After the message, so that no dial that is under way is established once its endpoint was cut.
    this.#departures?.cutDue();
    const gone = before.replyAddresses.filter((address) => !config.replyAddresses.includes(address));
    if (gone.length > 0) this.#post({ kind: 'forget-locals', id: this.id, addresses: gone });
  }

  #post(message: ToThread): void {
    this.#context.post(this.thread, message);
  }

  counters(): ListenerCounters {
    if (this.#final !== undefined) return this.#final;
    this.#context.settle(this.thread);
    return { ...addUp(this.place.blocks), picks: this.#picks.read() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#context.close(this);
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
    this.#picks.freeze();
  }
}
