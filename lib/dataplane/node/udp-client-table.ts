// dataplane/node/udp-client-table.ts: the clients of one UDP listening socket, by ip:port, and their flows.
// No timer per datagram or client: a datagram notes the number of the running tick, four ticks make one idle time, and
// the tick's one timer runs only while there are clients.
import type { Balancer } from '../../balance/balancer.js';
import type { Clock } from '../../proxier/clock.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import type { SparseWarn } from '../sparse-log.js';
import type { ConnectionBudget } from './connection-budget.js';
import type { ListenerStats } from './listener-stats.js';
import { UdpFlow, type UdpFlowEvents } from './udp-flow.js';

const ticksPerIdleTime = 4;

export interface UdpClientContext {
  readonly balancer: Balancer;
  readonly stats: ListenerStats;
  readonly budget: ConnectionBudget;
  readonly clock: Clock;
  readonly warn: SparseWarn;
  readonly idleTimeoutMs: number;
  readonly bufferBytes: number;
  /** Grows with each change of the endpoints, usable or resting. */
  generation(): number;
}

export class UdpClientTable {
  readonly #context: UdpClientContext;
  readonly #reply: (datagram: Buffer, address: string, port: number) => void;
  readonly #flows = new Map<string, UdpFlow>();
  #tick = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(context: UdpClientContext, reply: (datagram: Buffer, address: string, port: number) => void) {
    this.#context = context;
    this.#reply = reply;
  }

  receive(datagram: Buffer, address: string, port: number): void {
    // Port 0 is nobody's (RFC 768: no reply is expected) and dgram refuses to send there.
    if (port === 0) return;
    const key = `${address} ${port}`;
    const flow = this.#current(key) ?? this.#begin(key, address, port);
    if (flow === undefined) return;
    flow.lastTick = this.#tick;
    this.#context.stats.rxBytes += datagram.length;
    flow.send(datagram);
  }

  /** Ends every flow at once. */
  drop(reason: ConnectionFailure): void {
    for (const [key, flow] of this.#flows) this.#end(key, flow, reason);
  }

  /** Ends every flow whose endpoint has left. */
  dropGone(): void {
    for (const [key, flow] of this.#flows) if (this.#isGone(flow)) this.#end(key, flow, 'endpoint-gone');
  }

  #isGone({ endpoint }: UdpFlow): boolean {
    return endpoint !== undefined && !this.#context.balancer.has(endpoint);
  }

  /** The client's flow, unless its endpoint has left: then that flow ends here. */
  #current(key: string): UdpFlow | undefined {
    const flow = this.#flows.get(key);
    if (flow === undefined) return undefined;
    const generation = this.#context.generation();
    if (flow.generation === generation) return flow;
    if (this.#isGone(flow)) {
      this.#end(key, flow, 'endpoint-gone');
      return undefined;
    }
    flow.generation = generation;
    return flow;
  }

  #begin(key: string, address: string, port: number): UdpFlow | undefined {
    const { balancer, budget, clock, stats } = this.#context;
    if (balancer.size === 0) {
      stats.fail('no-endpoints');
      return undefined;
    }
    if (!budget.take('udp')) {
      stats.fail('connection-limit');
      return undefined;
    }
    stats.opened++;
    stats.open++;
    const flow: UdpFlow = new UdpFlow(
      balancer.candidates(address, clock.monotonic()),
      this.#eventsOf(key, address, port, () => flow),
    );
    flow.generation = this.#context.generation();
    flow.lastTick = this.#tick;
    this.#flows.set(key, flow);
    flow.open();
    this.#cancelTimer ??= this.#startTick();
    return flow;
  }

  #eventsOf(key: string, address: string, port: number, flow: () => UdpFlow): UdpFlowEvents {
    const { balancer, bufferBytes, clock, stats, warn } = this.#context;
    return {
      bufferBytes,
      warn,
      picked: (endpoint) => {
        stats.pick(endpoint);
        balancer.chosen(address, endpoint, clock.monotonic());
      },
      answered: (endpoint) => balancer.answered(endpoint),
      setAside: (endpoint) => balancer.setAside(endpoint, clock.monotonic()),
      reply: (datagram) => {
        flow().lastTick = this.#tick;
        stats.txBytes += datagram.length;
        this.#reply(datagram, address, port);
      },
      failed: (reason, unsent) => {
        this.#end(key, flow(), reason === 'refused' ? 'endpoint-reset' : 'dial');
        // A new flow's socket has no error pending: this datagram can't come back here for the same reason.
        if (unsent !== undefined) this.#begin(key, address, port)?.send(unsent);
      },
    };
  }

  #startTick(): () => void {
    return this.#context.clock.after(this.#context.idleTimeoutMs / ticksPerIdleTime, () => {
      this.#tick++;
      for (const [key, flow] of this.#flows) {
        // It was last used somewhere within its tick: only whole ticks after that one count.
        if (this.#tick - flow.lastTick > ticksPerIdleTime) this.#end(key, flow, undefined);
      }
      this.#cancelTimer = this.#flows.size > 0 ? this.#startTick() : undefined;
    });
  }

  /** `reason` undefined: idle. */
  #end(key: string, flow: UdpFlow, reason: ConnectionFailure | undefined): void {
    flow.close();
    this.#flows.delete(key);
    this.#context.stats.open--;
    this.#context.budget.release('udp');
    if (reason !== undefined) this.#context.stats.fail(reason);
    if (this.#flows.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
