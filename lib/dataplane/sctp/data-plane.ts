// dataplane/sctp/data-plane.ts: the SCTP data plane: one relay of packets in a thread of its own. This is the main thread's
// side; ../with-sctp.ts joins it to the data plane that does TCP and UDP.
import type { IpFamily } from '../../model/ip.js';
import {
  type DataPlane,
  ListenError,
  type Listener,
  type ListenerConfig,
  type ListenerSpec,
} from '../../proxier/data-plane.js';
import { PickPlaces } from '../native/pick-places.js';
import { asListenError } from './listen-failure.js';
import { SctpListener } from './listener.js';
import { ListenerPorts } from './listener-ports.js';
import type { FromRelay } from './messages.js';
import { type ResolvedOptions, resolveOptions, type SctpDataPlaneOptions } from './options.js';
import { kernelPorts } from './raw/kernel-ports.js';
import { openRawSockets } from './raw/raw-sockets.js';
import { takeRelayLock } from './raw/relay-lock.js';
import { createTotals, readTotals, type SctpTotals } from './relay/counters.js';
import { ThreadHandle } from './thread-handle.js';

export type { SctpListenerCounters } from './listener.js';
export type { SctpDataPlaneOptions } from './options.js';
export type { SctpTotals } from './relay/counters.js';

/** What DataPlane asks of SCTP: there are no TCP connections and UDP clients to count. */
export interface SctpDataPlane extends Omit<DataPlane, 'kind' | 'totals'> {
  sctpTotals(): SctpTotals;
}

/** Opens nothing and starts no thread yet. Throws RangeError for options that make no sense. */
export function createSctpDataPlane(options: SctpDataPlaneOptions): SctpDataPlane {
  return new PacketRelay(resolveOptions(options), options.kernelPorts ?? kernelPorts);
}

class PacketRelay implements SctpDataPlane {
  readonly #options: ResolvedOptions;
  readonly #totals = createTotals();
  readonly #thread: ThreadHandle;
  readonly #keys = new Set<string>();
  readonly #open = new Map<number, SctpListener>();
  /** Closed, with endpoints that have left and are to be cut. */
  readonly #draining = new Set<SctpListener>();
  readonly #ports: ListenerPorts;
  readonly #families = new Set<IpFamily>();
  readonly #closed = new Map<number, () => void>();
  readonly #picks = new PickPlaces((segment, memory) =>
    this.#thread.post({ kind: 'picks', segment, memory }),
  );
  #lock: number | undefined;
  #starting: Promise<void> | undefined;
  #nextId = 1;
  #drained: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions, kernel: () => ReadonlySet<number>) {
    this.#options = options;
    this.#ports = new ListenerPorts(options.anyPorts, options.relay.relayPorts, kernel);
    this.#thread = new ThreadHandle(
      options,
      this.#totals,
      (message) => this.#receive(message),
      () => this.#lost(),
    );
  }

  async open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    const what = `open ${spec.key}`;
    if (this.#closing !== undefined) throw new ListenError('other', `${what}: the data plane is closed`);
    if (spec.servicePortName.protocol !== 'SCTP')
      throw new ListenError('not-supported', `${what}: the relay has nothing but SCTP`);
    if (spec.claim === true) throw new ListenError('not-supported', `${what}: nothing holds a port of SCTP`);
    if (this.#keys.has(spec.key)) throw new ListenError('other', `${what}: it is open already`);
    const taken = this.#ports.take(spec, port);
    this.#keys.add(spec.key);
    try {
      await this.#use(spec.ipFamily);
    } catch (error) {
      this.#keys.delete(spec.key);
      this.#ports.free(spec, taken);
      throw asListenError(what, error);
    }
    return this.#listen(spec, config, taken);
  }

  /** Asks for what may be forbidden before anything is started. */
  async #use(ipFamily: IpFamily): Promise<void> {
    const { descriptors } = this.#thread;
    this.#lock ??= takeRelayLock(descriptors);
    const sockets = this.#families.has(ipFamily) ? undefined : openRawSockets(ipFamily, descriptors);
    this.#families.add(ipFamily);
    try {
      this.#starting ??= this.#thread.start();
      await this.#starting;
      if (this.#closing !== undefined) throw new Error('the data plane was closed meanwhile');
    } catch (error) {
      if (sockets === undefined) throw error;
      this.#families.delete(ipFamily);
      descriptors.close(sockets.sctp);
      descriptors.close(sockets.icmp);
      throw error;
    }
    if (sockets === undefined) return;
    descriptors.release(sockets.sctp);
    descriptors.release(sockets.icmp);
    this.#thread.post({ kind: 'sockets', sockets });
  }

  #listen(spec: ListenerSpec, config: ListenerConfig, port: number): Listener {
    const id = this.#nextId++;
    const listener: SctpListener = new SctpListener({ spec, port, id }, config, {
      clock: this.#options.clock,
      picks: this.#picks,
      post: (message) => this.#thread.post(message),
      settle: () => this.#thread.settle(),
      close: () => this.#closeListener(listener),
    });
    this.#open.set(id, listener);
    this.#thread.post({
      kind: 'listen',
      id,
      port,
      ipFamily: spec.ipFamily,
      counters: listener.counterMemory,
      ...listener.firstEndpoints(),
    });
    // Whoever is told of the port may send to it at once.
    this.#thread.settle();
    return listener;
  }

  async #closeListener(listener: SctpListener): Promise<void> {
    const { id, spec, port } = listener;
    if (!this.#thread.isLost) {
      const closed = new Promise<void>((resolve) => this.#closed.set(id, resolve));
      this.#thread.post({ kind: 'close', id });
      await closed;
    }
    // Not before: close() waits for those that are closing as well, or the thread might end without an answer.
    this.#open.delete(id);
    this.#keys.delete(spec.key);
    this.#ports.free(spec, port);
    for (const closed of this.#draining) if (!closed.isDraining) this.#draining.delete(closed);
    if (listener.isDraining) this.#draining.add(listener);
  }

  sctpTotals(): SctpTotals {
    return readTotals(this.#totals);
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    if (this.#starting !== undefined) {
      const started = await this.#starting.then(
        () => true,
        () => false,
      );
      if (started) {
        await Promise.all([...this.#open.values()].map((listener) => listener.close()));
        if (graceMs > 0 && !this.#thread.isLost) await this.#drain(graceMs);
      }
      for (const listener of this.#draining) listener.leaveAssociations();
      await this.#thread.close();
    }
    if (this.#lock !== undefined) this.#thread.descriptors.close(this.#lock);
    this.#lock = undefined;
  }

  /** Waits until the last association has ended, for `graceMs` at most. */
  async #drain(graceMs: number): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#thread.post({ kind: 'drain' });
    const cancelTimer = this.#options.clock.after(graceMs, () => this.#thread.post({ kind: 'cut' }));
    await drained;
    cancelTimer();
  }

  /** Whoever waits for the thread's answer would wait for ever. */
  #lost(): void {
    for (const closed of this.#closed.values()) closed();
    this.#closed.clear();
    this.#drained?.();
  }

  #receive(message: FromRelay): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'closed':
        this.#closed.get(message.id)?.();
        this.#closed.delete(message.id);
        return;
      case 'drained':
        this.#drained?.();
        return;
      case 'warn':
        this.#options.log.warn(message.fields, message.message);
        return;
      case 'fault':
        this.#options.log.error(message.fields, message.message);
        return;
    }
  }
}
