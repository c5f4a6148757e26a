// dataplane/sctp-terminate/options.ts: what the data plane that terminates associations can be told, and its defaults.
import type { SctpDataPlaneOptions } from '../sctp/options.js';

export interface TerminatingSctpOptions
  extends Omit<SctpDataPlaneOptions, 'died' | 'halfOpenTimeoutMs' | 'closedTimeoutMs' | 'maxHalfOpen'> {
  /** How long a client may wait for an endpoint, all tries together. @default 5000 */
  readonly dialBudgetMs?: number;
  /** Writes every packet to the log, at trace: to look at associations, not to serve many. @default false */
  readonly trace?: boolean;
  /** A child that has said nothing for so long hangs, and is killed. @default 5000 */
  readonly hangTimeoutMs?: number;
  /** Before the first restart; each one that follows soon takes twice as long, up to 10 s. @default 100 */
  readonly restartDelayMs?: number;
}
