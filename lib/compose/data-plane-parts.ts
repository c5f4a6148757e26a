// compose/data-plane-parts.ts: what every data plane is handed, whatever the flags ask for.
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';

export interface DataPlaneParts {
  readonly clock: Clock;
  readonly log: Log;
  /** See BalancerOptions. */
  readonly firstTurn: number;
  /** The data plane can serve nobody any more: only a new process can. */
  readonly died: (error: unknown) => void;
}
