// dataplane/linux/data-plane.ts: the `linux` data plane: epoll, splice, recvmmsg and sendmmsg through koffi, in worker
// threads, so that nothing that happens in the main thread delays a byte. This is the main thread's side.
import { formatServicePortName } from '../../model/service-port-name.js';
import type {
  DataPlane,
  DataPlaneTotals,
  Listener,
  ListenerConfig,
  ListenerSpec,
} from '../../proxier/data-plane.js';
import { ListenError } from '../../proxier/data-plane.js';
import { connectionCap } from '../connection-cap.js';
import { listenError } from '../listen-error.js';
import { PickPlaces } from '../native/pick-places.js';
import { Sockets } from '../native/sockets.js';
import { CounterPlaces } from './counter-places.js';
import { LinuxListener, type ListenerContext } from './listener.js';
import { type ListeningSocket, openListeningSocket } from './listening-socket.js';
import type { FromThread } from './messages.js';
import {
  type LinuxDataPlaneOptions,
  type ResolvedOptions,
  resolveOptions,
  threadDescriptors,
  tuningOf,
} from './options.js';
import { Threads } from './threads.js';

export type { LinuxDataPlaneOptions } from './options.js';

/** A thread handles its messages within one turn; this is for one that is held up by the machine. */
const settleMs = 100;
/** The thread that accepts TCP. */
const acceptor = 0;

/** Opens nothing and starts no thread yet. */
export function createLinuxDataPlane(options: LinuxDataPlaneOptions): DataPlane {
  return new LinuxDataPlane(resolveOptions(options));
}

class LinuxDataPlane implements DataPlane {
  readonly kind = 'linux';
  readonly #options: ResolvedOptions;
  readonly #threads: Threads;
  readonly #sockets: Sockets;
  readonly #places: CounterPlaces;
  readonly #listenerContext: ListenerContext;
  /** Keys of listeners that are open or being opened. */
  readonly #keys = new Set<string>();
  readonly #open = new Map<number, LinuxListener>();
  /** Closed, with connections that may still count. */
  readonly #retired = new Set<LinuxListener>();
  readonly #closed = new Map<number, () => void>();
  #starting: Promise<void> | undefined;
  #nextId = 1;
  #nextEndpointId = 1;
  #nextUdpThread = 0;
  #drained: (() => void) | undefined;
  #death: { readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#threads = new Threads({
      threads: options.threads,
      checkDescriptors: options.checkDescriptors,
      tuning: () => tuningOf(options),
      message: (message) => this.#receive(message),
      died: (error) => this.#die(error),
    });
    this.#sockets = new Sockets(this.#threads.descriptors);
    this.#places = new CounterPlaces(options.threads, (segment, memory) =>
      this.#threads.postAll({ kind: 'counters', segment, memory }),
    );
    this.#listenerContext = {
      clock: options.clock,
      picks: new PickPlaces((segment, memory) => this.#threads.postAll({ kind: 'picks', segment, memory })),
      nextEndpointId: () => this.#nextEndpointId++,
      post: (thread, message) => this.#threads.post(thread, message),
      settle: (thread) => this.#settle(thread),
      // #receive() goes on when it has done so.
      cutEndpoints: (ids) => this.#threads.post(acceptor, { kind: 'cut-endpoints', ids }),
      close: (listener) => this.#closeListener(listener),
    };
    this.#updateMax();
  }

  async open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    if (this.#closing !== undefined)
      throw new ListenError('other', `open ${spec.key}: the data plane is closed`);
    if (this.#keys.has(spec.key)) throw new ListenError('other', `open ${spec.key}: it is open already`);
    const { protocol } = spec.servicePortName;
    if (protocol === 'SCTP')
      throw new ListenError('not-supported', `open ${spec.key}: the linux data plane has no SCTP`);
    this.#keys.add(spec.key);
    let socket: ListeningSocket | undefined;
    try {
      socket = openListeningSocket(
        { ...this.#options, protocol, ipFamily: spec.ipFamily, port },
        this.#sockets,
      );
      this.#starting ??= this.#threads.start();
      await this.#starting;
      if (this.#death !== undefined) throw this.#death.error;
      if (this.#closing !== undefined) throw new Error('the data plane was closed meanwhile');
    } catch (error) {
      if (socket !== undefined) this.#sockets.close(socket.fd);
      this.#keys.delete(spec.key);
      throw listenError(spec, port, error);
    }
    return this.#listen(spec, protocol, config, socket);
  }

  #listen(
    spec: ListenerSpec,
    protocol: 'TCP' | 'UDP',
    config: ListenerConfig,
    { fd, port }: ListeningSocket,
  ): Listener {
    this.#sweep();
    const thread = protocol === 'TCP' ? acceptor : this.#nextUdpThread++ % this.#threads.count;
    const id = this.#nextId++;
    const place = this.#places.take();
    const listener = new LinuxListener({ spec, port, id, place, thread }, config, this.#listenerContext);
    this.#open.set(id, listener);
    this.#updateMax();
    this.#threads.descriptors.release(fd);
    this.#threads.post(thread, {
      kind: 'listen',
      id,
      protocol,
      fd,
      servicePortName: formatServicePortName(spec.servicePortName),
      ipFamily: spec.ipFamily,
      place: place.place,
      ...listener.firstEndpoints(),
    });
    return listener;
  }

  async #closeListener(listener: LinuxListener): Promise<void> {
    this.#open.delete(listener.id);
    const closed = new Promise<void>((resolve) => this.#closed.set(listener.id, resolve));
    this.#threads.post(listener.thread, { kind: 'close', id: listener.id });
    if (this.#death === undefined) await closed;
    this.#keys.delete(listener.spec.key);
    this.#retired.add(listener);
    this.#updateMax();
  }

  /** Frees the places of closed listeners whose last connection has ended. */
  #sweep(): void {
    for (const listener of this.#retired) {
      if (listener.counters().open > 0) continue;
      listener.freeze();
      this.#places.giveBack(listener.place);
      this.#retired.delete(listener);
    }
  }

  #max(): number {
    const fixed = threadDescriptors(this.#options) + this.#open.size;
    return Math.min(this.#options.maxConnections, connectionCap(this.#options.descriptorLimit, fixed));
  }

  #updateMax(): void {
    this.#threads.control.setMax(this.#max());
  }

  totals(): DataPlaneTotals {
    this.#settleAll();
    const { tcpConnections, udpClients } = this.#threads.control;
    return { tcpConnections, udpClients, maxConnections: this.#max() };
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  /** Blocks, for some microseconds, until the thread has seen what was posted. */
  #settle(thread: number): void {
    // A dead thread sees nothing any more.
    if (this.#death === undefined) this.#threads.control.awaitHandled(thread, settleMs);
  }

  #settleAll(): void {
    for (let thread = 0; thread < this.#threads.count; thread++) this.#settle(thread);
  }

  async #close(graceMs: number): Promise<void> {
    if (this.#starting === undefined) return;
    const closed = [...this.#open.values()].map((listener) => listener.close());
    // From here on nobody is accepted.
    this.#settleAll();
    // Rejected: the threads that did start are stopped below.
    const started = await this.#starting.then(
      () => true,
      () => false,
    );
    if (started) {
      await Promise.all(closed);
      await this.#drain(graceMs);
    }
    for (const listener of this.#retired) listener.leaveConnections();
    await this.#threads.close();
  }

  /** Waits until the last TCP connection has ended; resets what is left after `graceMs`. */
  async #drain(graceMs: number): Promise<void> {
    const { control } = this.#threads;
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    control.drain();
    if (control.tcpConnections === 0 || this.#death !== undefined) return;
    const cancelTimer = this.#options.clock.after(graceMs, () => this.#threads.postAll({ kind: 'cut' }));
    await drained;
    cancelTimer();
  }

  /** Nobody is left to wait for: what the thread was to do, it does no more. */
  #die(error: unknown): void {
    this.#death = { error };
    for (const closed of this.#closed.values()) closed();
    this.#closed.clear();
    this.#drained?.();
    this.#options.died(error);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'closed':
        this.#closed.get(message.id)?.();
        this.#closed.delete(message.id);
        return;
      case 'cut-endpoints':
        for (let thread = 1; thread < this.#threads.count; thread++) this.#threads.post(thread, message);
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
