// dataplane/linux/tcp-relay.ts: one established TCP connection: a client's socket and an endpoint's. Owns both: what one
// does by FIN or reset, the other does too.
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../native/abi/constants.js';
import { type CounterBlock, count, countFailure, open, rxBytes, txBytes } from '../native/counter-block.js';
import type { EpollLoop, ReadyHandler, Resumable } from '../native/epoll-loop.js';
import type { Sockets } from '../native/sockets.js';
import { Timer, type TimerOwner, type TimerWheel } from '../native/timer-wheel.js';
import { LastBytes } from './last-bytes.js';
import { type Moved, OneWay, type RelayTools } from './one-way.js';

/** Tag of the client's descriptor in the loop; every other tag is the endpoint's. */
export const clientTag = 0;

/** Turns after which a connection is no short one, and worth handing over. */
const turnsUntilSettled = 8;
/**
 * A connection that has not lived this long, in milliseconds, is probably a short one, and its endpoint's socket goes
 * without the options that it would not live to use: they cost some 2 of the 58 microseconds of CPU of one request.
 */
const shortMs = 1000;

export interface RelayContext {
  readonly loop: EpollLoop;
  readonly timers: TimerWheel;
  readonly sockets: Sockets;
  readonly tools: RelayTools;
  readonly halfClosedTimeoutMs: number;
  readonly keepAliveDelayMs: number;
  /** Both sockets are closed. */
  over(relay: TcpRelay): void;
  /**
   * It has lived for a while, and no byte of it is in our hands: it may be handed over here and now. Asked again and
   * again; `first`: for the first time.
   */
  settled(relay: TcpRelay, first: boolean): void;
}

/** All that it takes to relay a connection: its two sockets, and whose they are. */
export interface Established {
  readonly clientFd: number;
  readonly endpointFd: number;
  /** The counters' place of its listener. */
  readonly place: number;
  /** SharedEndpoint.id of the endpoint. */
  readonly endpointId: number;
}

export class TcpRelay implements ReadyHandler, Resumable, TimerOwner {
  readonly established: Established;
  readonly #slot: number;
  readonly #context: RelayContext;
  readonly #counters: CounterBlock;
  readonly #fromClient: OneWay;
  readonly #fromEndpoint: OneWay;
  #turns = 0;
  /** In the loop's list of work to resume. */
  #queued = false;
  #over = false;
  /** Of the endpoint's socket. Who hands a relay over has set both. */
  #sendsAtOnce = true;
  #isKeptAlive = true;
  /** For the options first, and for silence once one side has ended. */
  readonly #timer = new Timer(this);
  /** When bytes last moved; undefined while neither side has ended. */
  #lastMoveMs: number | undefined;
  /** Bytes that neither peer had acknowledged when the time of silence last ran out. */
  #unacknowledged = 0;
  /** One side has reset its connection, for this reason; what it had sent before is still on its way. */
  #broken: { readonly reason: ConnectionFailure; readonly lastBytes: LastBytes } | undefined;

  /** @param slot in the loop, where both descriptors are watched, edge-triggered */
  constructor(established: Established, slot: number, counters: CounterBlock, context: RelayContext) {
    this.established = established;
    this.#slot = slot;
    this.#context = context;
    this.#counters = counters;
    const { clientFd, endpointFd } = established;
    this.#fromClient = new OneWay(clientFd, endpointFd, context.tools);
    this.#fromEndpoint = new OneWay(endpointFd, clientFd, context.tools);
  }

  /** Newly dialled, with events that came before it was there. */
  start(clientEvents: number, endpointEvents: number): void {
    this.#sendsAtOnce = false;
    this.#isKeptAlive = false;
    this.#context.timers.set(this.#timer, shortMs, this.#context.loop.nowMs);
    this.#note(clientEvents, clientTag);
    this.#note(endpointEvents, clientTag + 1);
    if (!this.#over) this.#turn();
  }

  ready(events: number, tag: number): void {
    this.#note(events, tag);
    if (this.#over) return;
    // Bulk takes its turn when all others have had theirs (epoll-loop.ts).
    if (this.#fromClient.isBulk || this.#fromEndpoint.isBulk) this.#continue();
    else this.#turn();
  }

  resume(): void {
    this.#queued = false;
    if (!this.#over) this.#turn();
  }

  #note(events: number, tag: number): void {
    const isClient = tag === clientTag;
    const from = isClient ? this.#fromClient : this.#fromEndpoint;
    const to = isClient ? this.#fromEndpoint : this.#fromClient;
    if ((events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP)) !== 0) from.readable = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP)) !== 0) from.endSeen = true;
    if ((events & EPOLLPRI) !== 0) from.urgentSeen = true;
    if ((events & EPOLLOUT) !== 0) to.writable = true;
    if ((events & EPOLLERR) === 0) return;
    const { clientFd, endpointFd } = this.established;
    if (this.#context.sockets.takeError(isClient ? clientFd : endpointFd) !== 0)
      this.#break(isClient ? 'client-reset' : 'endpoint-reset');
  }

  /** One side is broken. Both are to be reset, once the other one has what it had sent before. */
  #break(reason: 'client-reset' | 'endpoint-reset'): void {
    if (this.#broken?.reason === reason) return;
    if (this.#broken !== undefined) {
      // Nobody is left to get anything.
      this.fail(reason);
      return;
    }
    const { sockets, loop } = this.#context;
    const [way, to] =
      reason === 'client-reset'
        ? [this.#fromClient, this.established.endpointFd]
        : [this.#fromEndpoint, this.established.clientFd];
    this.#broken = { reason, lastBytes: new LastBytes(way, to, sockets, loop.nowMs) };
  }

  #turn(): void {
    if (this.#broken === undefined) this.#moveBoth();
    // Perhaps only since then.
    if (this.#broken !== undefined) this.#moveLast(this.#broken);
  }

  #moveLast({
    reason,
    lastBytes,
  }: {
    readonly reason: ConnectionFailure;
    readonly lastBytes: LastBytes;
  }): void {
    const { loop, timers } = this.#context;
    const rxBefore = this.#fromClient.bytes;
    const txBefore = this.#fromEndpoint.bytes;
    const next = lastBytes.move(loop.nowMs);
    this.#count(this.#fromClient.bytes - rxBefore, this.#fromEndpoint.bytes - txBefore);
    if (next === 'over') this.fail(reason);
    else if (next === 'more') this.#continue();
    else timers.set(this.#timer, next, loop.nowMs);
  }

  #count(rx: number, tx: number): void {
    if (rx > 0) count(this.#counters, rxBytes, rx);
    if (tx > 0) count(this.#counters, txBytes, tx);
  }

  #moveBoth(): void {
    const rxBefore = this.#fromClient.bytes;
    const txBefore = this.#fromEndpoint.bytes;
    const wasEmpty = this.#lastMoveMs === undefined || (this.#fromClient.empty && this.#fromEndpoint.empty);
    const forth = this.#fromClient.move(this.#fromEndpoint.finished);
    const back = this.#fromEndpoint.move(this.#fromClient.finished);
    const rx = this.#fromClient.bytes - rxBefore;
    const tx = this.#fromEndpoint.bytes - txBefore;
    this.#count(rx, tx);
    const broken = whoBroke(forth, back);
    if (broken !== undefined) this.#break(broken);
    else if (this.#fromClient.finished && this.#fromEndpoint.finished) this.#close();
    else {
      // A second send may have waited for the first one's acknowledgement: this makes it leave as well.
      if (!this.#sendsAtOnce && this.#fromClient.sends > 1) this.#sendAtOnce();
      if (this.#fromClient.ended || this.#fromEndpoint.ended) this.#watchSilence(rx + tx > 0 || !wasEmpty);
      if (forth === 'more' || back === 'more') this.#continue();
      else if (++this.#turns % turnsUntilSettled === 0 && this.#isPortable())
        this.#context.settled(this, this.#turns === turnsUntilSettled);
    }
  }

  #continue(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#context.loop.again(this);
  }

  #isPortable(): boolean {
    return this.#lastMoveMs === undefined && this.#fromClient.empty && this.#fromEndpoint.empty;
  }

  /** Gives up both sockets without closing them; another relay owns them then. Only where settled() was called. */
  handOver(): Established {
    this.#over = true;
    this.#sendAtOnce();
    this.#keepAlive();
    const { clientFd, endpointFd } = this.established;
    this.#context.loop.remove(clientFd);
    this.#context.loop.remove(endpointFd);
    this.#release();
    return this.established;
  }

  /** Resets both sides, and drops what was not sent. Idempotent; only the first reason counts. */
  fail(reason: ConnectionFailure): void {
    if (this.#over) return;
    this.#over = true;
    countFailure(this.#counters, this.#broken?.reason ?? reason);
    // In this order: a client that tries again at once finds its endpoint free of the old connection.
    this.#context.sockets.reset(this.established.endpointFd);
    this.#context.sockets.reset(this.established.clientFd);
    this.#end();
  }

  /** Both sides have ended and have all they are to get. */
  #close(): void {
    this.#over = true;
    this.#context.sockets.close(this.established.clientFd);
    this.#context.sockets.close(this.established.endpointFd);
    this.#end();
  }

  #end(): void {
    count(this.#counters, open, -1);
    this.#release();
    this.#context.over(this);
  }

  #release(): void {
    this.#fromClient.drop();
    this.#fromEndpoint.drop();
    this.#context.timers.cancel(this.#timer);
    this.#context.loop.release(this.#slot);
  }

  #sendAtOnce(): void {
    if (this.#sendsAtOnce) return;
    this.#sendsAtOnce = true;
    this.#context.sockets.sendAtOnce(this.established.endpointFd);
  }

  #keepAlive(): void {
    if (this.#isKeptAlive) return;
    this.#isKeptAlive = true;
    this.#context.sockets.keepAlive(this.established.endpointFd, this.#context.keepAliveDelayMs);
  }

  /** The timer is set anew only when it fires: moving bytes costs no timer. */
  #watchSilence(moved: boolean): void {
    const { loop, timers, halfClosedTimeoutMs } = this.#context;
    const isFirst = this.#lastMoveMs === undefined;
    if (isFirst || moved) this.#lastMoveMs = loop.nowMs;
    if (isFirst) timers.set(this.#timer, halfClosedTimeoutMs, loop.nowMs);
  }

  expired(): void {
    if (this.#over) return;
    if (this.#broken !== undefined) {
      this.#turn();
      return;
    }
    if (this.#lastMoveMs === undefined) {
      this.#keepAlive();
      return;
    }
    const { loop, timers, halfClosedTimeoutMs } = this.#context;
    const remainingMs = this.#lastMoveMs + halfClosedTimeoutMs - loop.nowMs;
    if (remainingMs > 0) timers.set(this.#timer, remainingMs, loop.nowMs);
    else if (this.#isAcknowledging()) timers.set(this.#timer, halfClosedTimeoutMs, loop.nowMs);
    else this.fail('half-closed-timeout');
  }

  /** Nothing moves here, but a peer reads what the kernel holds for it: slowly, or as far as can be told by now. */
  #isAcknowledging(): boolean {
    const { sockets } = this.#context;
    const before = this.#unacknowledged;
    const { clientFd, endpointFd } = this.established;
    this.#unacknowledged = sockets.unacknowledged(clientFd) + sockets.unacknowledged(endpointFd);
    return this.#unacknowledged > 0 && this.#unacknowledged !== before;
  }
}

function whoBroke(forth: Moved, back: Moved): 'client-reset' | 'endpoint-reset' | undefined {
  if (forth === 'from-broken' || back === 'to-broken') return 'client-reset';
  if (forth === 'to-broken' || back === 'from-broken') return 'endpoint-reset';
  return undefined;
}
