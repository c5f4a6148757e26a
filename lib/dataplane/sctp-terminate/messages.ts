// dataplane/sctp-terminate/messages.ts: what the main process and the child that terminates associations tell each other.
import type { BalancerConfig } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import type { PortRange, RelayOptions } from '../sctp/relay/options.js';

export interface TerminatorSettings
  extends Pick<
    RelayOptions,
    'tryTimeoutMs' | 'idleTimeoutMs' | 'maxFlows' | 'whenClosed' | 'endpointSetAsideMs' | 'firstTurn'
  > {
  /** From which it connects to endpoints. */
  readonly relayPorts: PortRange;
  /** For all endpoints together. */
  readonly dialBudgetMs: number;
  /** Tells of every packet. */
  readonly trace: boolean;
}

export type ToTerminator =
  | ({ readonly kind: 'listen'; readonly id: number; readonly port: number } & BalancerConfig)
  | ({ readonly kind: 'endpoints'; readonly id: number } & BalancerConfig)
  /** Ends the associations with these endpoints, which have left. `id`: of a listener that may be closed by now. */
  | { readonly kind: 'cut-endpoints'; readonly id: number; readonly endpoints: readonly EndpointAddress[] }
  | { readonly kind: 'unlisten'; readonly id: number }
  /** Lets associations end for so long, aborts what is left, and ends. */
  | { readonly kind: 'end'; readonly graceMs: number };

export type FromTerminator =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening' | 'unlistened'; readonly id: number }
  /** At short intervals: a child that says nothing hangs. */
  | { readonly kind: 'beat'; readonly totals: TerminatorTotals; readonly listeners: readonly ListenerTally[] }
  | { readonly kind: 'trace'; readonly peer: string; readonly direction: 'in' | 'out'; readonly text: string }
  | { readonly kind: 'warn'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

export interface TerminatorTotals {
  readonly flows: number;
  readonly halfOpen: number;
  readonly open: number;
  readonly refusedOverload: number;
}

/** The counters of one listener in one life of the child: a counter block, and picks by `ip:port`. */
export interface ListenerTally {
  readonly id: number;
  readonly block: readonly number[];
  readonly picks: readonly (readonly [endpoint: string, picks: number])[];
}

export const beatMs = 250;
