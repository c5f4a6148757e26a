// dataplane/linux/udp-flows.ts: the UDP flows of one listener: found by client, counted, ended, and forgotten when they fall
// silent. No timer per datagram or client: four ticks make one idle time, and one timer serves all.
import type { IpFamily } from '../../model/ip.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import { type CounterBlock, count, countFailure, open, opened } from '../native/counter-block.js';
import type { EpollLoop } from '../native/epoll-loop.js';
import type { Sockets } from '../native/sockets.js';
import { Timer, type TimerOwner, type TimerWheel } from '../native/timer-wheel.js';
import type { ClientKey } from './client-key.js';
import type { ReplyBatch } from './reply-batch.js';
import type { RouteSlab } from './route-slab.js';
import type { UdpFlow } from './udp-flow.js';

const ticksPerIdleTime = 4;

export interface UdpFlowsContext {
  readonly loop: EpollLoop;
  readonly timers: TimerWheel;
  readonly sockets: Sockets;
  readonly replies: ReplyBatch;
  readonly routes: Readonly<Record<IpFamily, RouteSlab>>;
  readonly idleTimeoutMs: number;
  /** False when the cap on connections is reached. */
  take(): boolean;
  release(): void;
}

export class UdpFlows implements TimerOwner {
  readonly #ipFamily: IpFamily;
  readonly #counters: CounterBlock;
  readonly #context: UdpFlowsContext;
  readonly #flows = new Map<ClientKey, UdpFlow>();
  readonly #tickTimer = new Timer(this);
  #tick = 0;

  constructor(ipFamily: IpFamily, counters: CounterBlock, context: UdpFlowsContext) {
    this.#ipFamily = ipFamily;
    this.#counters = counters;
    this.#context = context;
  }

  /** The running one; a flow that is used notes it. */
  get tick(): number {
    return this.#tick;
  }

  get(key: ClientKey): UdpFlow | undefined {
    return this.#flows.get(key);
  }

  /** A place for one more, counted as open from now on; false: there is none. */
  take(): boolean {
    if (!this.#context.take()) return false;
    count(this.#counters, opened);
    count(this.#counters, open);
    return true;
  }

  /** Gives a place back that no flow has, or had. `reason` undefined: it was idle. */
  giveBack(reason: ConnectionFailure | undefined): void {
    count(this.#counters, open, -1);
    this.#context.release();
    if (reason !== undefined) countFailure(this.#counters, reason);
  }

  /** In a place that was taken; owns its socket, slot and route. */
  add(flow: UdpFlow): void {
    const { timers, loop, idleTimeoutMs } = this.#context;
    this.#flows.set(flow.key, flow);
    if (this.#flows.size === 1) timers.set(this.#tickTimer, idleTimeoutMs / ticksPerIdleTime, loop.nowMs);
  }

  /** `reason` undefined: idle. */
  end(flow: UdpFlow, reason: ConnectionFailure | undefined): void {
    const { loop, sockets, routes, timers, replies } = this.#context;
    // They still need the route.
    replies.flush();
    this.#flows.delete(flow.key);
    loop.release(flow.slot);
    sockets.close(flow.fd);
    routes[this.#ipFamily].giveBack(flow.route);
    if (this.#flows.size === 0) timers.cancel(this.#tickTimer);
    this.giveBack(reason);
  }

  endWhere(isMeant: (flow: UdpFlow) => boolean, reason: ConnectionFailure): void {
    for (const flow of this.#flows.values()) if (isMeant(flow)) this.end(flow, reason);
  }

  /** A tick is over: whoever was silent for all of an idle time is forgotten. */
  expired(): void {
    const { timers, loop, idleTimeoutMs } = this.#context;
    this.#tick++;
    for (const flow of this.#flows.values()) {
      // It was last used somewhere within its tick: only whole ticks after that one count.
      if (this.#tick - flow.lastTick > ticksPerIdleTime) this.end(flow, undefined);
    }
    if (this.#flows.size > 0) timers.set(this.#tickTimer, idleTimeoutMs / ticksPerIdleTime, loop.nowMs);
  }
}
