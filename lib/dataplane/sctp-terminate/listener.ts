// dataplane/sctp-terminate/listener.ts: a listener as the proxier sees it. What it counts is what the child last told, and
// what children before it had told.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Listener, ListenerConfig, ListenerSpec } from '../../proxier/data-plane.js';
import { addUp, open } from '../native/counter-block.js';
import type { SctpListenerCounters } from '../sctp/listener.js';
import { rxPackets, txPackets } from '../sctp/relay/counters.js';
import type { ListenerTally } from './messages.js';

export interface ListenerContext {
  updated(endpoints: readonly EndpointAddress[]): void;
  close(): Promise<void>;
}

export class TerminatingSctpListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly id: number;
  readonly #context: ListenerContext;
  #endpoints: readonly EndpointAddress[];
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
    this.#endpoints = config.endpoints;
    this.#context = context;
  }

  get endpoints(): readonly EndpointAddress[] {
    return this.#endpoints;
  }

  /** Reply addresses mean nothing here: an answer leaves from whatever address its client hit. */
  update(config: ListenerConfig): void {
    if (this.#closing !== undefined || config.endpoints === this.#endpoints) return;
    this.#endpoints = config.endpoints;
    this.#context.updated(config.endpoints);
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
