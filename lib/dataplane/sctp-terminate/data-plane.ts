// dataplane/sctp-terminate/data-plane.ts: SCTP forwarded association to association instead of packet by packet: for those
// who want to see messages. On node-sctp, in a child process, since strangers' packets may end it. Same shape as
// ../sctp/data-plane.ts, which is what should serve. IPv4 only.
import type { Clock } from '../../proxier/clock.js';
import {
  ListenError,
  type Listener,
  type ListenerConfig,
  type ListenerSpec,
} from '../../proxier/data-plane.js';
import type { SctpTotals } from '../../proxier/sctp-relay.js';
import { Descriptors } from '../native/descriptors.js';
import type { SctpDataPlane } from '../sctp/data-plane.js';
import { asListenError } from '../sctp/listen-failure.js';
import { ListenerPorts } from '../sctp/listener-ports.js';
import { resolveOptions } from '../sctp/options.js';
import { kernelPorts } from '../sctp/raw/kernel-ports.js';
import { openRawSockets } from '../sctp/raw/raw-sockets.js';
import { takeRelayLock } from '../sctp/raw/relay-lock.js';
import { TerminatorProcess } from './child-process.js';
import { TerminatingSctpListener } from './listener.js';
import type { FromTerminator, TerminatorTotals } from './messages.js';
import type { TerminatingSctpOptions } from './options.js';

export type { TerminatingSctpOptions } from './options.js';

export interface TerminatingSctpPlane extends SctpDataPlane {
  /** How often the child had to be started again. */
  restarts(): number;
  /** Of the child; undefined: there is none at the moment. */
  childPid(): number | undefined;
}

const owner = 1;
const noTotals: TerminatorTotals = { flows: 0, halfOpen: 0, open: 0, refusedOverload: 0 };

/** Opens nothing and starts no process yet. Throws RangeError for options that make no sense. */
export function createTerminatingSctpPlane(options: TerminatingSctpOptions): TerminatingSctpPlane {
  return new TerminatingPlane(options);
}

class TerminatingPlane implements TerminatingSctpPlane {
  readonly #descriptors = new Descriptors(owner, undefined);
  readonly #ports: ListenerPorts;
  readonly #keys = new Set<string>();
  readonly #open = new Map<number, TerminatingSctpListener>();
  /** Closed, with endpoints that have left and are to be cut. */
  readonly #draining = new Set<TerminatingSctpListener>();
  readonly #clock: Clock;
  /** Called when the child has said so, or is gone. */
  readonly #answered = new Map<string, () => void>();
  readonly #child: TerminatorProcess;
  readonly #startTimeoutMs: number;
  readonly #trace: (message: Extract<FromTerminator, { readonly kind: 'trace' }>) => void;
  readonly #warn: (message: Extract<FromTerminator, { readonly kind: 'warn' }>) => void;
  #totals = noTotals;
  #refusedBefore = 0;
  #lock: number | undefined;
  #hasChild = false;
  #nextId = 1;
  #closing: Promise<void> | undefined;

  constructor(options: TerminatingSctpOptions) {
    const { relay, anyPorts, clock, log } = resolveOptions(options);
    this.#clock = clock;
    const { dialBudgetMs = 5000, trace = false, hangTimeoutMs = 5000, restartDelayMs = 100 } = options;
    const { relayPorts, tryTimeoutMs, idleTimeoutMs, maxFlows, whenClosed, endpointSetAsideMs, firstTurn } =
      relay;
    // One child may hang, and the next one needs a moment.
    this.#startTimeoutMs = 2 * hangTimeoutMs;
    this.#ports = new ListenerPorts(anyPorts, relayPorts, options.kernelPorts ?? kernelPorts);
    this.#trace = ({ peer, direction, text }) =>
      log.trace({ peer, chunks: text }, direction === 'in' ? 'SCTP packet from' : 'SCTP packet to');
    this.#warn = ({ message, fields }) => log.warn(fields, message);
    this.#child = new TerminatorProcess({
      settings: {
        relayPorts,
        tryTimeoutMs,
        idleTimeoutMs,
        maxFlows,
        whenClosed,
        endpointSetAsideMs,
        firstTurn,
        dialBudgetMs,
        trace,
      },
      hangTimeoutMs,
      restartDelayMs,
      clock,
      log,
      started: () => {
        for (const listener of this.#open.values()) this.#tellOf(listener);
      },
      message: (message) => this.#receive(message),
      lost: () => this.#lost(),
    });
  }

  async open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    const what = `open ${spec.key}`;
    if (this.#closing !== undefined) throw new ListenError('other', `${what}: the data plane is closed`);
    if (spec.servicePortName.protocol !== 'SCTP')
      throw new ListenError('not-supported', `${what}: this data plane has nothing but SCTP`);
    if (spec.claim === true) throw new ListenError('not-supported', `${what}: nothing holds a port of SCTP`);
    if (spec.ipFamily !== 'IPv4')
      throw new ListenError('not-supported', `${what}: associations are terminated over IPv4 only`);
    if (this.#keys.has(spec.key)) throw new ListenError('other', `${what}: it is open already`);
    try {
      this.#prepare();
    } catch (error) {
      throw asListenError(what, error);
    }
    const taken = this.#ports.take(spec, port);
    this.#keys.add(spec.key);
    const listener: TerminatingSctpListener = new TerminatingSctpListener(
      { spec, port: taken, id: this.#nextId++ },
      config,
      {
        clock: this.#clock,
        updated: (balancing) => this.#child.send({ kind: 'endpoints', id: listener.id, ...balancing }),
        cutEndpoints: (endpoints) => this.#child.send({ kind: 'cut-endpoints', id: listener.id, endpoints }),
        close: () => this.#closeListener(listener),
      },
    );
    this.#open.set(listener.id, listener);
    const listening = this.#answerOf('listening', listener.id);
    if (this.#hasChild) this.#tellOf(listener);
    else this.#child.start();
    this.#hasChild = true;
    // Whoever is told of the port may send to it at once.
    if (await this.#isInTime(listening)) return listener;
    this.#answered.delete(`listening ${listener.id}`);
    await listener.close();
    throw new ListenError('other', `${what}: the child that terminates associations does not come up`);
  }

  /** A child that never comes up must not hold up whoever opens other listeners meanwhile. */
  async #isInTime(answer: Promise<void>): Promise<boolean> {
    let cancelTimer = (): void => {};
    const late = new Promise<false>((resolve) => {
      cancelTimer = this.#clock.after(this.#startTimeoutMs, () => resolve(false));
    });
    const isInTime = await Promise.race([answer.then(() => true), late]);
    cancelTimer();
    return isInTime;
  }

  /** Asks for what may be forbidden before anything is started. Throws SystemError. */
  #prepare(): void {
    if (this.#lock !== undefined) return;
    const lock = takeRelayLock(this.#descriptors);
    try {
      const sockets = openRawSockets('IPv4', this.#descriptors);
      this.#descriptors.close(sockets.sctp);
      this.#descriptors.close(sockets.icmp);
    } catch (error) {
      this.#descriptors.close(lock);
      throw error;
    }
    this.#lock = lock;
  }

  #tellOf({ id, port, balancing }: TerminatingSctpListener): void {
    this.#child.send({ kind: 'listen', id, port, ...balancing });
  }

  async #closeListener(listener: TerminatingSctpListener): Promise<void> {
    const { id, spec, port } = listener;
    this.#open.delete(id);
    if (this.#child.send({ kind: 'unlisten', id })) await this.#answerOf('unlistened', id);
    this.#keys.delete(spec.key);
    this.#ports.free(spec, port);
    for (const closed of this.#draining) if (!closed.isDraining) this.#draining.delete(closed);
    if (listener.isDraining) this.#draining.add(listener);
  }

  #answerOf(kind: 'listening' | 'unlistened', id: number): Promise<void> {
    return new Promise((resolve) => this.#answered.set(`${kind} ${id}`, resolve));
  }

  #receive(message: FromTerminator): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'listening':
      case 'unlistened':
        this.#answer(`${message.kind} ${message.id}`);
        return;
      case 'beat':
        this.#totals = message.totals;
        for (const tally of message.listeners) this.#open.get(tally.id)?.tell(tally);
        return;
      case 'trace':
        this.#trace(message);
        return;
      case 'warn':
        this.#warn(message);
        return;
    }
  }

  #answer(key: string): void {
    this.#answered.get(key)?.();
    this.#answered.delete(key);
  }

  /** Who waits for `listening` goes on waiting: the next child will say so. */
  #lost(): void {
    for (const listener of this.#open.values()) listener.lost();
    this.#refusedBefore += this.#totals.refusedOverload;
    this.#totals = noTotals;
    for (const key of [...this.#answered.keys()]) if (key.startsWith('unlistened')) this.#answer(key);
  }

  /** Of packets it knows nothing: those counts stay 0. */
  sctpTotals(): SctpTotals {
    const { flows, halfOpen, open, refusedOverload } = this.#totals;
    return {
      flows,
      halfOpen,
      open,
      refusedOverload: this.#refusedBefore + refusedOverload,
      badChecksum: 0,
      malformed: 0,
      outOfTheBlue: 0,
      wrongTag: 0,
      cut: 0,
      fragmented: 0,
      toldTooBig: 0,
      sendFailed: 0,
    };
  }

  restarts(): number {
    return this.#child.restarts;
  }

  childPid(): number | undefined {
    return this.#child.pid;
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    await this.#child.end(graceMs);
    for (const listener of [...this.#open.values(), ...this.#draining]) listener.leaveAssociations();
    for (const key of [...this.#answered.keys()]) this.#answer(key);
    if (this.#lock !== undefined) this.#descriptors.close(this.#lock);
    this.#lock = undefined;
  }
}
