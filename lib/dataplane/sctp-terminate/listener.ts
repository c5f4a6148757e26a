// dataplane/sctp-terminate/listener.ts: a listener as the proxier sees it. What it counts is what the child last told, and
// what children before it had told.
import type { BalancerConfig } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import type { Listener, ListenerConfig, ListenerSpec } from '../../proxier/data-plane.js';
import { Departures } from '../departures.js';
import { addUp, open } from '../native/counter-block.js';
import { addressOf, isNews } from '../native/endpoints-message.js';
import type { SctpListenerCounters } from '../sctp/listener.js';
import { rxPackets, txPackets } from '../sctp/relay/counters.js';
import type { ListenerTally } from './messages.js';

export interface ListenerContext {
  readonly clock: Clock;
  updated(config: BalancerConfig): void;
  cutEndpoints(endpoints: readonly EndpointAddress[]): void;
  close(): Promise<void>;
}

export class TerminatingSctpListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly #context: ListenerContext;
  readonly #departures: Departures<EndpointAddress>;
  #config: ListenerConfig;
  #past: ListenerTally[] = [];
  #present: ListenerTally | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    { spec, port, id }: Pick<TerminatingSctpListener, 'spec' | 'port' | 'id'>,
    config: ListenerConfig,
    context: ListenerContext,
  ) {
    this.spec = spec;
    this.port = port;
    this.id = id;
    this.#config = config;
    this.#context = context;
    this.#departures = new Departures(config, {
      clock: context.clock,
      nameOf: addressOf,
      cut: (endpoints) => context.cutEndpoints(endpoints),
    });
  }

  /** What the child is told. */
  get balancing(): BalancerConfig {
    const { endpoints, resting, affinityTimeoutMs } = this.#config;
    return {
      endpoints: endpoints.map(addressOf),
      resting: resting.map(addressOf),
      ...(affinityTimeoutMs !== undefined && { affinityTimeoutMs }),
    };
  }

  /** Reply addresses mean nothing here: an answer leaves from whatever address its client hit. */
  update(config: ListenerConfig): void {
    const before = this.#config;
    if (this.#closing !== undefined || config === before) return;
    this.#config = config;
    if (isNews(before, config)) this.#context.updated(this.balancing);
    this.#departures.update(config);
    this.#departures.cutDue();
  }

  /** Associations are to be cut some time, because their endpoint has left. */
  get isDraining(): boolean {
    return this.#departures.isWaiting;
  }

  /** Associations are not cut any more because of their endpoint. */
  leaveAssociations(): void {
    this.#departures.close();
  }

  tell(tally: ListenerTally): void {
    this.#present = tally;
  }

  /** The child is gone, and its associations with it. */
  lost(): void {
    if (this.#present === undefined) return;
    const block = [...this.#present.block];
    block[open] = 0;
    this.#past = [sum(this.id, [...this.#past, { ...this.#present, block }])];
    this.#present = undefined;
  }

  /** Up to a quarter of a second old. Packets are messages here. */
  counters(): SctpListenerCounters {
    const { block, picks } = sum(this.id, [...this.#past, ...(this.#present ? [this.#present] : [])]);
    return {
      ...addUp([Float64Array.from(block)]),
      picks: new Map(picks),
      rxPackets: block[rxPackets] ?? 0,
      txPackets: block[txPackets] ?? 0,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#context.close();
    return this.#closing;
  }
}

function sum(id: number, tallies: readonly ListenerTally[]): ListenerTally {
  const block: number[] = [];
  const picks = new Map<string, number>();
  for (const tally of tallies) {
    for (const [place, value] of tally.block.entries()) block[place] = (block[place] ?? 0) + value;
    for (const [endpoint, count] of tally.picks) picks.set(endpoint, (picks.get(endpoint) ?? 0) + count);
  }
  return { id, block, picks: [...picks] };
}
