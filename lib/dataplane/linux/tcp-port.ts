// dataplane/linux/tcp-port.ts: a listening TCP socket in the thread that accepts. Accepting never waits for a dial.
// Connections outlive it: the thread holds them.
import type { Balancer } from '../../balance/balancer.js';
import type { IpFamily } from '../../model/ip.js';
import { EPOLLIN } from '../native/abi/constants.js';
import { EAGAIN, isShortage } from '../native/abi/errno.js';
import { type CounterBlock, count, countFailure, open, opened } from '../native/counter-block.js';
import type { EndpointsMessage } from '../native/endpoints-message.js';
import type { PortRange } from '../native/ephemeral-ports.js';
import type { ReadyHandler } from '../native/epoll-loop.js';
import type { PickMemory } from '../native/pick-places.js';
import { PreparedEndpoints } from '../native/prepared-endpoints.js';
import { ipOf } from '../native/socket-address.js';
import { check, SystemError } from '../native/system-error.js';
import { Timer, type TimerOwner } from '../native/timer-wheel.js';
import { type DialContext, type DialOrigin, TcpDial } from './tcp-dial.js';

/** Bounds one turn, so that a flood of connections does not keep those that are there waiting. */
const mostAcceptsPerTurn = 32;
/** How long accepting pauses when descriptors or memory are out: the client waits in the backlog meanwhile. */
const pauseMs = 50;

export interface TcpPortContext extends DialContext {
  readonly picks: PickMemory;
  readonly ephemeralPorts: PortRange;
  /** False when the cap on connections is reached. */
  take(): boolean;
  /** A message waits that may change the endpoints: they must be in force before the next client is accepted. */
  hasMessages(): boolean;
  accepted(dial: TcpDial): void;
  /** What the balancer knows of endpoints has changed. */
  endpointsChanged(balancer: Balancer): void;
}

export interface TcpPortSpec {
  readonly fd: number;
  readonly servicePortName: string;
  readonly ipFamily: IpFamily;
  readonly place: number;
}

export class TcpPort implements ReadyHandler, TimerOwner {
  readonly #fd: number;
  readonly #origin: DialOrigin;
  readonly #context: TcpPortContext;
  readonly #slot: number;
  readonly #resumeTimer = new Timer(this);
  /** Grows while a backlog stands: clients that come one by one cost no second call to hear EAGAIN. */
  #acceptsPerTurn = 1;
  /** The loop's turn in which it was last ready. */
  #lastTurn = 0;

  /** Owns the listening socket `spec.fd` from now on. */
  constructor(spec: TcpPortSpec, balancer: Balancer, counters: CounterBlock, context: TcpPortContext) {
    this.#fd = spec.fd;
    this.#context = context;
    const { servicePortName, ipFamily, place } = spec;
    const endpoints = new PreparedEndpoints(context.picks, context.ephemeralPorts);
    this.#origin = { servicePortName, ipFamily, place, balancer, counters, endpoints };
    this.#slot = context.loop.claim(this);
  }

  /** After the first update(). */
  listen(): void {
    check(this.#context.loop.add(this.#fd, EPOLLIN, this.#slot, 0), 'epoll_ctl', 'a listening socket');
  }

  update(message: EndpointsMessage): void {
    const { balancer, endpoints } = this.#origin;
    balancer.update({ ...message, endpoints: endpoints.update(message.endpoints) });
    this.#context.endpointsChanged(balancer);
  }

  ready(): void {
    const { sockets, hasMessages, spare, loop } = this.#context;
    const isBacklog = loop.turns === this.#lastTurn + 1;
    this.#lastTurn = loop.turns;
    this.#acceptsPerTurn = isBacklog ? Math.min(2 * this.#acceptsPerTurn, mostAcceptsPerTurn) : 1;
    // Level-triggered: who is still in the backlog makes the next wait return at once.
    for (let accepts = this.#acceptsPerTurn; accepts > 0 && !hasMessages(); accepts--) {
      const short = spare.hold();
      const fd = short < 0 ? short : sockets.accept(this.#fd);
      if (fd >= 0) this.#serve(fd);
      else if (fd === -EAGAIN) return;
      else if (isShortage(fd)) {
        this.#pause(fd);
        return;
      }
      // Else this one client has gone (ECONNABORTED) or was refused by a firewall (EPERM): accept4(2), error handling.
    }
  }

  close(): void {
    this.#context.timers.cancel(this.#resumeTimer);
    this.#context.loop.release(this.#slot);
    this.#context.sockets.close(this.#fd);
  }

  /** The pause is over. */
  expired(): void {
    this.#context.loop.modify(this.#fd, EPOLLIN, this.#slot, 0);
  }

  #pause(result: number): void {
    const { loop, timers, warn } = this.#context;
    const { servicePortName } = this.#origin;
    const err = new SystemError('accept', `for ${servicePortName}`, result);
    warn('out of descriptors or memory: accepting pauses until there are some', { servicePortName, err });
    loop.modify(this.#fd, 0, this.#slot, 0);
    timers.set(this.#resumeTimer, pauseMs, loop.nowMs);
  }

  #serve(fd: number): void {
    const { sockets, take, accepted } = this.#context;
    const { counters, ipFamily } = this.#origin;
    count(counters, opened);
    if (!take()) {
      countFailure(counters, 'connection-limit');
      sockets.reset(fd);
      return;
    }
    count(counters, open);
    const dial = new TcpDial(fd, ipOf(sockets.sockaddr, ipFamily), this.#origin, this.#context);
    accepted(dial);
    try {
      dial.start();
    } catch (error) {
      dial.fail('fault');
      throw error;
    }
  }
}
