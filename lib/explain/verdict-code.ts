// explain/verdict-code.ts: what a walk may end in.

/** Stable, for programs. */
export type VerdictCode =
  | 'served'
  | 'served-in-part'
  | 'no-such-service'
  | 'not-for-us'
  | 'no-such-port'
  | 'no-ports'
  | 'clusterip-lost'
  | 'not-synced'
  | 'no-listener'
  | 'no-slices'
  | 'no-endpoints'
  | 'port-not-in-slices'
  | 'endpoints-loop'
  | 'endpoints-not-ready'
  | 'endpoints-elsewhere'
  | 'listener-closed'
  | 'rule-missing'
  | 'portal-lost'
  | 'nodeport-taken'
  | 'nodeport-not-offered'
  | 'source-range'
  | 'no-portal'
  | 'endpoints-dead';

export interface Verdict {
  readonly code: VerdictCode;
  /** One sentence. */
  readonly text: string;
  /** What to do; absent: nothing. */
  readonly next?: string;
}
