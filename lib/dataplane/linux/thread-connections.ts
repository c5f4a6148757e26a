// dataplane/linux/thread-connections.ts: the TCP connections of one thread: dials, relays, and what comes and goes by
// hand-over. Keeps the count of open connections of all threads.
import type { Balancer } from '../../balance/balancer.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import type { Control } from '../native/control.js';
import type { CounterBlock } from '../native/counter-block.js';
import { endFaulty, type MayFail, type ReportFault } from '../native/fault.js';
import { NativeMemory } from '../native/native-memory.js';
import { check } from '../native/system-error.js';
import { ChunkPool, chunkBytes } from './chunk-pool.js';
import type { HandOverRing } from './hand-over.js';
import type { RelayTools } from './one-way.js';
import type { PipePool } from './pipe-pool.js';
import { chooseThread, mostMoves } from './spread.js';
import { type TcpDial, watchedEvents } from './tcp-dial.js';
import { clientTag, type Established, type RelayContext, TcpRelay } from './tcp-relay.js';

export interface ConnectionsContext
  extends Pick<RelayContext, 'loop' | 'timers' | 'sockets' | 'halfClosedTimeoutMs' | 'keepAliveDelayMs'> {
  readonly thread: number;
  readonly control: Control;
  readonly pipes: PipePool;
  /** One for each thread. */
  readonly rings: readonly HandOverRing[];
  readonly busyPerMille: number;
  counters(place: number): CounterBlock;
  /** This thread's descriptors, and not its own any more or not yet. */
  release(fd: number): void;
  adopt(fd: number): void;
  wake(thread: number): void;
  /** The last TCP connection of all threads has ended while the data plane drains. */
  drained(): void;
  fault: ReportFault;
}

export class ThreadConnections {
  readonly relayContext: RelayContext;
  readonly #context: ConnectionsContext;
  /** Apart from the relays: each change of some listener's endpoints looks at all of them, and they are few. */
  readonly #dials = new Set<TcpDial>();
  readonly #relays = new Set<TcpRelay>();
  /** How many were given to each thread, this one included, where they are spread evenly. */
  readonly #given: number[];
  /** Those that had something to do since moves were last allowed. */
  readonly #working = new Set<TcpRelay>();
  #movesLeft = 0;
  #cutting = false;

  constructor(context: ConnectionsContext) {
    this.#context = context;
    this.#given = context.rings.map(() => 0);
    const tools: RelayTools = {
      buffer: new NativeMemory(chunkBytes),
      chunks: new ChunkPool(),
      pipes: context.pipes,
    };
    const { loop, timers, sockets, halfClosedTimeoutMs, keepAliveDelayMs } = context;
    this.relayContext = {
      loop,
      timers,
      sockets,
      tools,
      halfClosedTimeoutMs,
      keepAliveDelayMs,
      over: (relay) => this.#relayOver(relay),
      settled: (relay, first) => this.#settled(relay, first),
    };
  }

  accepted(dial: TcpDial): void {
    this.#dials.add(dial);
    if (this.#cutting) dial.fail('shutdown');
  }

  /** The client's socket is closed; no relay came to be. */
  dialOver(dial: TcpDial): void {
    this.#dials.delete(dial);
    this.#releasePlace();
  }

  #relayOver(relay: TcpRelay): void {
    this.#relays.delete(relay);
    this.#working.delete(relay);
    this.#releasePlace();
  }

  #releasePlace(): void {
    if (this.#context.control.release('tcp')) this.#context.drained();
  }

  established(dial: TcpDial, relay: TcpRelay): void {
    this.#dials.delete(dial);
    this.#relays.add(relay);
  }

  /** Resets all that are there, and all that come. */
  cut(reason: ConnectionFailure): void {
    this.#cutting = true;
    this.#forEach(this.#dials, (dial) => dial.fail(reason));
    this.#forEach(this.#relays, (relay) => relay.fail(reason));
  }

  /** Its endpoints, that is: dials under way look whether theirs has left. */
  endpointsChanged(balancer: Balancer): void {
    this.#forEach(this.#dials, (dial) => dial.endpointsChanged(balancer));
  }

  /** Resets what is established to these endpoints, also what is on its way from another thread. */
  cutEndpoints(ids: readonly number[]): void {
    this.adoptAll();
    const left = new Set(ids);
    this.#forEach(this.#relays, (relay) => {
      if (left.has(relay.established.endpointId)) relay.fail('drained');
    });
  }

  #forEach<Connection extends MayFail>(
    connections: Iterable<Connection>,
    act: (connection: Connection) => void,
  ): void {
    for (const connection of connections) {
      try {
        act(connection);
      } catch (error) {
        endFaulty(connection, error, this.#context.fault);
      }
    }
  }

  /** Takes over what other threads have handed to this one. */
  adoptAll(): void {
    const ring = this.#context.rings[this.#context.thread];
    for (let handed = ring?.take(); handed !== undefined; handed = ring?.take()) {
      try {
        this.#adopt(handed);
      } catch (error) {
        this.#context.fault(error);
      }
    }
  }

  #adopt(handed: Established): void {
    const { adopt, loop } = this.#context;
    adopt(handed.clientFd);
    adopt(handed.endpointFd);
    const slot = loop.claim({ ready: () => {} });
    const relay = this.#relayOf(handed, slot);
    loop.replace(slot, relay);
    try {
      // The next wait reports what there is to read and write by now.
      check(loop.add(handed.clientFd, watchedEvents, slot, clientTag), 'epoll_ctl', 'a client');
      check(loop.add(handed.endpointFd, watchedEvents, slot, clientTag + 1), 'epoll_ctl', 'an endpoint');
      this.#relays.add(relay);
      if (this.#cutting) relay.fail('shutdown');
    } catch (error) {
      endFaulty(relay, error, this.#context.fault);
    }
  }

  #relayOf(handed: Established, slot: number): TcpRelay {
    const { counters, loop, sockets } = this.#context;
    try {
      return new TcpRelay(handed, slot, counters(handed.place), this.relayContext);
    } catch (error) {
      // Nobody else would ever end it.
      loop.release(slot);
      sockets.reset(handed.endpointFd);
      sockets.reset(handed.clientFd);
      this.#releasePlace();
      throw error;
    }
  }

  /** To be called when the loads of all threads were measured anew, moves of the last time included. */
  allowMoves(): void {
    this.#movesLeft = mostMoves(this.#context.thread, this.#context.control.loads(), this.#working.size);
    this.#working.clear();
  }

  #settled(relay: TcpRelay, first: boolean): void {
    const { thread, rings, busyPerMille } = this.#context;
    if (thread !== 0 || rings.length === 1) return;
    if (busyPerMille === 0) {
      if (!first) return;
      const target = this.#handOver(relay);
      this.#given[target] = (this.#given[target] ?? 0) + 1;
      return;
    }
    this.#working.add(relay);
    if (this.#movesLeft > 0) this.#handOver(relay);
  }

  /** Returns the thread that has it now: this one, if there is no better one, or none that can take it. */
  #handOver(relay: TcpRelay): number {
    const { thread, rings, control, busyPerMille, release, wake } = this.#context;
    const target = chooseThread(thread, control.loads(), busyPerMille, this.#given);
    const ring = rings[target];
    if (target === thread || ring === undefined || ring.full || control.isStopping(target)) return thread;
    this.#movesLeft--;
    const established = relay.handOver();
    this.#relays.delete(relay);
    this.#working.delete(relay);
    release(established.clientFd);
    release(established.endpointFd);
    ring.put(established);
    if (control.isSleeping(target)) wake(target);
    return target;
  }
}
