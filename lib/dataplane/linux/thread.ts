// dataplane/linux/thread.ts: one thread of the data plane: its loop, its listeners, its connections. Thread 0 accepts TCP
// and chooses endpoints; every thread relays; UDP listeners are spread over all.
import { performance } from 'node:perf_hooks';
import { listenerBalancer } from '../../balance/listener-balancer.js';
import { EPOLLET, EPOLLIN } from '../native/abi/constants.js';
import { Control } from '../native/control.js';
import type { CounterBlock } from '../native/counter-block.js';
import { Descriptors, ownerOf } from '../native/descriptors.js';
import { EpollLoop } from '../native/epoll-loop.js';
import type { ReportFault } from '../native/fault.js';
import { PickMemory } from '../native/pick-places.js';
import { Sockets } from '../native/sockets.js';
import { check } from '../native/system-error.js';
import { TimerWheel } from '../native/timer-wheel.js';
import { Waker } from '../native/wake.js';
import type { SparseWarn } from '../sparse-log.js';
import { blockOf, segmentOf } from './counter-segment.js';
import { DatagramBatch } from './datagram-batch.js';
import { HandOverRing } from './hand-over.js';
import { LoadMeter, loadWindowMs } from './load-meter.js';
import type { FromThread, ThreadSettings, ToThread } from './messages.js';
import { PipePool } from './pipe-pool.js';
import { ReplyBatch } from './reply-batch.js';
import { RouteSlab } from './route-slab.js';
import { SpareDescriptor } from './spare-descriptor.js';
import { TcpPort, type TcpPortContext } from './tcp-port.js';
import { ThreadConnections } from './thread-connections.js';
import { threadLog } from './thread-log.js';
import { UdpPort, type UdpPortContext } from './udp-port.js';

export interface ThreadMailbox {
  /** The next message of the main thread; undefined: there is none. */
  receive(): ToThread | undefined;
  post(message: FromThread): void;
}

export class DataPlaneThread {
  readonly #settings: ThreadSettings;
  readonly #mailbox: ThreadMailbox;
  readonly #control: Control;
  readonly #descriptors: Descriptors;
  readonly #loop: EpollLoop;
  readonly #timers: TimerWheel;
  readonly #pipes: PipePool;
  readonly #spare: SpareDescriptor;
  readonly #ring: HandOverRing | undefined;
  readonly #fault: ReportFault;
  readonly #connections: ThreadConnections;
  readonly #tcpContext: TcpPortContext;
  readonly #udpContext: UdpPortContext;
  readonly #ports = new Map<number, TcpPort | UdpPort>();
  readonly #segments: SharedArrayBuffer[] = [];
  readonly #picks = new PickMemory();
  readonly #load = new LoadMeter(performance.now());
  #isTurnOfOthers = false;

  constructor(settings: ThreadSettings, mailbox: ThreadMailbox) {
    const { thread } = settings;
    this.#settings = settings;
    this.#mailbox = mailbox;
    this.#control = new Control(settings.control);
    this.#descriptors = new Descriptors(ownerOf(thread), settings.ownerTable);
    const { warn, fault } = threadLog(thread, mailbox);
    this.#fault = fault;
    this.#loop = new EpollLoop(this.#descriptors, this.#fault);
    this.#timers = new TimerWheel(performance.now(), this.#fault);
    this.#pipes = new PipePool(this.#descriptors, settings.maxPipes);
    this.#spare = new SpareDescriptor(this.#descriptors);
    const rings = settings.rings.map((memory) => new HandOverRing(memory));
    this.#ring = rings[thread];
    const sockets = new Sockets(this.#descriptors);
    const waker = new Waker();
    const loop = this.#loop;
    const timers = this.#timers;
    const hasMessages = (): boolean => this.#control.hasMessages(thread);
    this.#connections = new ThreadConnections({
      loop,
      timers,
      sockets,
      thread,
      rings,
      control: this.#control,
      pipes: this.#pipes,
      halfClosedTimeoutMs: settings.halfClosedTimeoutMs,
      keepAliveDelayMs: settings.keepAliveDelayMs,
      busyPerMille: settings.busyPerMille,
      counters: (place) => this.#counters(place),
      adopt: (fd) => this.#descriptors.adopt(fd),
      release: (fd) => this.#descriptors.release(fd),
      wake: (target) => waker.wake(settings.wakeFds[target] ?? -1),
      drained: () => mailbox.post({ kind: 'drained' }),
      fault: this.#fault,
    });
    this.#tcpContext = {
      ...this.#connections.relayContext,
      dialTimeoutMs: settings.dialTimeoutMs,
      dialBudgetMs: settings.dialBudgetMs,
      picks: this.#picks,
      ephemeralPorts: settings.ephemeralPorts,
      spare: this.#spare,
      warn,
      hasMessages,
      take: () => this.#take('tcp', warn),
      accepted: (dial) => this.#connections.accepted(dial),
      endpointsChanged: (balancer) => this.#connections.endpointsChanged(balancer),
      dialOver: (dial) => this.#connections.dialOver(dial),
      established: (dial, relay) => this.#connections.established(dial, relay),
    };
    this.#udpContext = {
      picks: this.#picks,
      loop,
      timers,
      sockets,
      batch: new DatagramBatch(),
      replies: new ReplyBatch(loop),
      routes: { IPv4: new RouteSlab('IPv4'), IPv6: new RouteSlab('IPv6') },
      idleTimeoutMs: settings.udpIdleTimeoutMs,
      socketBufferBytes: settings.udpSocketBufferBytes,
      warn,
      hasMessages,
      take: () => this.#take('udp', warn),
      release: () => this.#control.release('udp'),
    };
  }

  /**
   * Returns when Control.stop() was called for it and it was woken. Throws where it can't go on. Its connections were cut
   * before, in either case: a stream that breaks off must not end like a whole one.
   */
  run(): void {
    try {
      this.#serve();
    } catch (error) {
      this.#closeAfterFault();
      throw error;
    }
    this.#close();
  }

  #serve(): void {
    const { thread, wakeFds } = this.#settings;
    const control = this.#control;
    // Edge-triggered: the eventfd need not be read.
    const slot = this.#loop.claim({ ready: () => {} });
    const watching = this.#loop.add(wakeFds[thread] ?? -1, EPOLLIN | EPOLLET, slot, 0);
    check(watching, 'epoll_ctl', 'the eventfd of a thread');
    this.#mailbox.post({ kind: 'ready' });
    const woken = (): void => {
      control.setSleeping(thread, false);
      this.#receiveAll();
      this.#connections.adoptAll();
    };
    while (!control.isStopping(thread)) {
      control.setSleeping(thread, true);
      // Looked at after saying that it sleeps: whoever comes later sees that and wakes it.
      const isWoken = this.#ring?.empty === false || control.hasMessages(thread);
      this.#loop.turn(isWoken ? 0 : this.#waitMs(), woken);
      this.#timers.advance(this.#loop.nowMs);
      this.#measureLoad();
    }
  }

  #waitMs(): number {
    const waitMs = this.#timers.waitMs(this.#loop.nowMs);
    // A thread that falls idle wakes once more, to say so: others choose by its load.
    if (this.#load.perMille === 0) return waitMs;
    return waitMs < 0 ? loadWindowMs : Math.min(waitMs, loadWindowMs);
  }

  #measureLoad(): void {
    if (!this.#load.measure(this.#loop.nowMs, this.#loop.waitedMs)) return;
    this.#control.setLoad(this.#settings.thread, this.#load.perMille);
    // Every other time: whoever was given connections has had a whole window of its own then to show what they cost.
    this.#isTurnOfOthers = !this.#isTurnOfOthers;
    if (!this.#isTurnOfOthers) this.#connections.allowMoves();
  }

  #receiveAll(): void {
    for (let message = this.#mailbox.receive(); message !== undefined; message = this.#mailbox.receive()) {
      try {
        this.#handle(message);
      } catch (error) {
        this.#fault(error);
      }
      this.#control.handled(this.#settings.thread);
    }
  }

  #handle(message: ToThread): void {
    switch (message.kind) {
      case 'counters':
        this.#segments[message.segment] = message.memory;
        return;
      case 'picks':
        this.#picks.add(message.segment, message.memory);
        return;
      case 'listen':
        this.#listen(message);
        return;
      case 'endpoints':
        this.#ports.get(message.id)?.update(message);
        return;
      case 'forget-locals': {
        const port = this.#ports.get(message.id);
        if (port instanceof UdpPort) port.forgetLocals(message.addresses);
        return;
      }
      case 'close':
        this.#closePort(message.id);
        return;
      case 'cut-endpoints':
        this.#connections.cutEndpoints(message.ids);
        if (this.#settings.thread === 0) this.#mailbox.post(message);
        return;
      case 'cut':
        this.#connections.cut('shutdown');
        return;
    }
  }

  #listen(message: Extract<ToThread, { readonly kind: 'listen' }>): void {
    this.#descriptors.adopt(message.fd);
    const { endpointSetAsideMs: setAsideMs, firstTurn } = this.#settings;
    const balancer = listenerBalancer({ setAsideMs, firstTurn });
    const counters = this.#counters(message.place);
    const port =
      message.protocol === 'TCP'
        ? new TcpPort(message, balancer, counters, this.#tcpContext)
        : new UdpPort(message, balancer, counters, this.#udpContext);
    this.#ports.set(message.id, port);
    port.update(message);
    port.listen();
  }

  #closePort(id: number): void {
    const port = this.#ports.get(id);
    this.#ports.delete(id);
    try {
      port?.close();
    } finally {
      this.#mailbox.post({ kind: 'closed', id });
    }
  }

  #counters(place: number): CounterBlock {
    const segment = this.#segments[segmentOf(place)];
    if (segment === undefined) throw new Error(`no memory for counters at place ${place}`);
    return blockOf(segment, this.#settings.thread, place);
  }

  #take(kind: 'tcp' | 'udp', warn: SparseWarn): boolean {
    if (this.#control.take(kind)) return true;
    const { tcpConnections, udpClients } = this.#control;
    warn('cap on connections reached, refusing new ones', { tcpConnections, udpClients });
    return false;
  }

  #closeAfterFault(): void {
    try {
      this.#close();
    } catch (error) {
      this.#fault(error);
    }
  }

  #close(): void {
    // After a fault as well: nobody hands it anything any more.
    this.#control.stop(this.#settings.thread);
    this.#connections.cut('shutdown');
    // What was handed over before is cut too.
    this.#connections.adoptAll();
    for (const port of this.#ports.values()) port.close();
    this.#pipes.close();
    this.#spare.giveUp();
    this.#loop.close();
  }
}
