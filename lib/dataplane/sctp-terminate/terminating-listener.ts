// dataplane/sctp-terminate/terminating-listener.ts: one listener in the child: who is to serve, and what has been counted.
import type { Balancer } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import { countFailure } from '../native/counter-block.js';
import { createListenerBlock, type ListenerBlock } from '../sctp/relay/counters.js';
import type { ListenerTally } from './messages.js';

/** Endpoints that left are remembered up to this number. */
const rememberedPicks = 1024;

export class TerminatingListener {
  readonly id: number;
  readonly port: number;
  readonly balancer: Balancer;
  readonly block: ListenerBlock = new Float64Array(createListenerBlock());
  readonly #picks = new Map<string, number>();

  constructor({ id, port, balancer }: Pick<TerminatingListener, 'id' | 'port' | 'balancer'>) {
    this.id = id;
    this.port = port;
    this.balancer = balancer;
  }

  /** False, and counted: there is no endpoint. */
  isServed(): boolean {
    if (this.balancer.size > 0) return true;
    countFailure(this.block, 'no-endpoints');
    return false;
  }

  pick({ ip, port }: EndpointAddress): void {
    const key = hostPort(ip, port);
    const picks = this.#picks.get(key) ?? 0;
    this.#picks.delete(key);
    this.#picks.set(key, picks + 1);
    const [oldest] = this.#picks.keys();
    if (this.#picks.size > rememberedPicks && oldest !== undefined) this.#picks.delete(oldest);
  }

  tally(): ListenerTally {
    return { id: this.id, block: [...this.block], picks: [...this.#picks] };
  }
}
