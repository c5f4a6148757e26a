// dataplane/linux/tcp-dial.ts: an accepted client whose endpoint is being dialled: the candidates, best first, until one
// answers. Each try has its own limit and all of them a common one; an endpoint that fails is set aside. Owns the
// client's socket and that of the running try until a relay takes both. What the client sends waits in the kernel.
import type { Balancer, Candidates } from '../../balance/balancer.js';
import { hostPort, type IpFamily } from '../../model/ip.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../native/abi/constants.js';
import { EINPROGRESS, isLocalAddressTrouble, isShortage } from '../native/abi/errno.js';
import { type CounterBlock, count, countDial, countFailure, open } from '../native/counter-block.js';
import type { ReadyHandler } from '../native/epoll-loop.js';
import type { PreparedEndpoint, PreparedEndpoints } from '../native/prepared-endpoints.js';
import { SystemError } from '../native/system-error.js';
import { Timer, type TimerOwner } from '../native/timer-wheel.js';
import type { SparseWarn } from '../sparse-log.js';
import type { SpareDescriptor } from './spare-descriptor.js';
import { clientTag, type RelayContext, TcpRelay } from './tcp-relay.js';

/** What a relay's two descriptors are watched for, both while it is dialled and later. */
export const watchedEvents = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;

/** Of the listener that accepted the client. */
export interface DialOrigin {
  readonly servicePortName: string;
  readonly ipFamily: IpFamily;
  readonly balancer: Balancer;
  readonly endpoints: PreparedEndpoints;
  readonly counters: CounterBlock;
  readonly place: number;
}

export interface DialContext extends RelayContext {
  readonly dialTimeoutMs: number;
  readonly dialBudgetMs: number;
  readonly warn: SparseWarn;
  readonly spare: SpareDescriptor;
  /** The client's socket is closed; no relay came to be. */
  dialOver(dial: TcpDial): void;
  /** `relay` has taken the dial's place. */
  established(dial: TcpDial, relay: TcpRelay): void;
}

export class TcpDial implements ReadyHandler, TimerOwner {
  readonly #clientFd: number;
  readonly #client: string;
  readonly #origin: DialOrigin;
  readonly #context: DialContext;
  #candidates: Candidates | undefined;
  readonly #deadlineMs: number;
  readonly #timer = new Timer(this);
  readonly #slot: number;
  #clientEvents = 0;
  #endpoint: PreparedEndpoint | undefined;
  #endpointFd = -1;
  #startedMs = 0;
  /** Tag of the running try: a stale event of an earlier one must not be taken for its answer. */
  #try = clientTag;
  /** Of the last try that has failed; undefined: none has so far. */
  #lastError: unknown;
  #over = false;

  constructor(clientFd: number, client: string, origin: DialOrigin, context: DialContext) {
    this.#clientFd = clientFd;
    this.#client = client;
    this.#origin = origin;
    this.#context = context;
    const { loop } = context;
    this.#deadlineMs = loop.nowMs + context.dialBudgetMs;
    this.#slot = loop.claim(this);
  }

  start(): void {
    // It was cut before it began.
    if (this.#over) return;
    const { loop } = this.#context;
    this.#candidates = this.#origin.balancer.candidates(this.#client, loop.nowMs);
    const watching = loop.add(this.#clientFd, watchedEvents, this.#slot, clientTag);
    if (watching < 0) {
      this.#lastError = new SystemError('epoll_ctl', 'a client', watching);
      this.#giveUp('dial');
    } else this.#next();
  }

  ready(events: number, tag: number): void {
    if (this.#over) return;
    if (tag === clientTag) {
      this.#clientEvents |= events;
      if ((events & EPOLLERR) !== 0) this.fail('client-reset');
    } else if (tag === this.#try && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0) this.#answered(events);
  }

  expired(): void {
    const limitMs = Math.round(this.#context.loop.nowMs - this.#startedMs);
    this.#tryFailed(new Error(`no answer within ${limitMs} ms`), false);
  }

  /** A running dial to an endpoint that has left goes on to the next candidate; one to an endpoint that rests goes on. */
  endpointsChanged(balancer: Balancer): void {
    if (this.#over || this.#endpoint === undefined || balancer !== this.#origin.balancer) return;
    if (balancer.has(this.#endpoint)) return;
    this.#endTry();
    this.#next();
  }

  /** Resets the client. Idempotent. */
  fail(reason: ConnectionFailure): void {
    if (this.#over) return;
    this.#over = true;
    const { sockets, loop, timers } = this.#context;
    timers.cancel(this.#timer);
    countFailure(this.#origin.counters, reason);
    count(this.#origin.counters, open, -1);
    // It may be connected by now, and must not take this for a client that has nothing to say.
    if (this.#endpointFd !== -1) sockets.reset(this.#endpointFd);
    sockets.reset(this.#clientFd);
    loop.release(this.#slot);
    this.#context.dialOver(this);
  }

  #next(): void {
    const { timers, loop, dialTimeoutMs } = this.#context;
    const remainingMs = this.#deadlineMs - loop.nowMs;
    while (remainingMs > 0) {
      const address = this.#candidates?.next();
      if (address === undefined) {
        this.#giveUp(this.#lastError === undefined ? 'no-endpoints' : 'dial');
        return;
      }
      this.#endpoint = this.#origin.endpoints.of(address);
      const result = this.#connect(this.#endpoint);
      if (result === 0) {
        timers.set(this.#timer, Math.min(dialTimeoutMs, remainingMs), loop.nowMs);
        return;
      }
      if (!this.#setAside(this.#endpoint, result)) return;
    }
    this.#giveUp('dial-timeout');
  }

  /** 0: it is on its way, and an event tells how it went. */
  #connect(endpoint: PreparedEndpoint): number {
    const { sockets, loop, spare } = this.#context;
    const opened = sockets.open(this.#origin.ipFamily, 'TCP');
    const fd = isShortage(opened) && spare.giveUp() ? sockets.open(this.#origin.ipFamily, 'TCP') : opened;
    if (fd < 0) return fd;
    this.#startedMs = performance.now();
    const result = sockets.connect(fd, endpoint.sockaddr);
    const pending = result === 0 || result === -EINPROGRESS;
    this.#try++;
    const failed = pending ? loop.add(fd, watchedEvents, this.#slot, this.#try) : result;
    if (failed < 0) sockets.close(fd);
    else this.#endpointFd = fd;
    return failed;
  }

  /** False: it was our own fault, nobody else is tried, and the client was given up. */
  #setAside(endpoint: PreparedEndpoint, result: number): boolean {
    this.#lastError = new SystemError('connect', hostPort(endpoint.ip, endpoint.port), result);
    if (isShortage(result)) {
      this.#giveUp('dial');
      return false;
    }
    if (!isLocalAddressTrouble(result)) this.#origin.balancer.setAside(endpoint, this.#context.loop.nowMs);
    return true;
  }

  #answered(events: number): void {
    const { sockets } = this.#context;
    const { counters, balancer } = this.#origin;
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    const error = (events & EPOLLERR) === 0 ? 0 : sockets.takeError(this.#endpointFd);
    if (error < 0) {
      const isOurs = isLocalAddressTrouble(error);
      const { ip, port } = endpoint;
      this.#tryFailed(new SystemError('connect', hostPort(ip, port), error), isOurs);
      return;
    }
    if (endpoint.isEphemeral && this.#isSelfConnected(endpoint)) {
      this.#tryFailed(new Error('connected to itself'), false);
      return;
    }
    countDial(counters, (performance.now() - this.#startedMs) / 1000);
    endpoint.pick();
    balancer.answered(endpoint);
    balancer.chosen(this.#client, endpoint, this.#context.loop.nowMs);
    this.#relay(endpoint, events);
  }

  #relay(endpoint: PreparedEndpoint, endpointEvents: number): void {
    this.#over = true;
    this.#context.timers.cancel(this.#timer);
    const { counters, place } = this.#origin;
    const established = {
      clientFd: this.#clientFd,
      endpointFd: this.#endpointFd,
      place,
      endpointId: endpoint.id,
    };
    const relay = new TcpRelay(established, this.#slot, counters, this.#context);
    this.#context.loop.replace(this.#slot, relay);
    this.#context.established(this, relay);
    relay.start(this.#clientEvents, endpointEvents);
  }

  #tryFailed(error: unknown, isOurs: boolean): void {
    this.#endTry();
    this.#lastError = error;
    if (!isOurs && this.#endpoint !== undefined)
      this.#origin.balancer.setAside(this.#endpoint, this.#context.loop.nowMs);
    this.#next();
  }

  #endTry(): void {
    const { timers, sockets } = this.#context;
    timers.cancel(this.#timer);
    sockets.reset(this.#endpointFd);
    this.#endpointFd = -1;
  }

  /**
   * A dial to a dead port of this host succeeds, with itself, when the kernel picks that very port as the source (a
   * simultaneous open, RFC 9293 3.5). Go's net package looks for it as well.
   */
  #isSelfConnected(endpoint: PreparedEndpoint): boolean {
    const { sockets } = this.#context;
    return sockets.localAddress(this.#endpointFd) === 0 && endpoint.isAt(sockets.sockaddr);
  }

  #giveUp(reason: 'no-endpoints' | 'dial' | 'dial-timeout'): void {
    const endpoint = this.#endpoint;
    this.#context.warn('no endpoint for a connection', {
      servicePortName: this.#origin.servicePortName,
      reason,
      client: this.#client,
      ...(endpoint && { endpoint: hostPort(endpoint.ip, endpoint.port) }),
      err: this.#lastError,
    });
    this.fail(reason);
  }
}
