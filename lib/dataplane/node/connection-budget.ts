// dataplane/node/connection-budget.ts: counts open TCP connections and UDP flows of all listeners together, up to the cap.
// libuv answers EMFILE in accept by closing the connection without any event, so we stay clear of it ourselves.
import type { DataPlaneTotals } from '../../proxier/data-plane.js';
import type { Log } from '../../proxier/log.js';
import { udpCap } from '../connection-cap.js';
import type { SparseWarn } from '../sparse-log.js';

/** How far below the cap the number must fall, as a part of it, before the next refusal is a new episode. */
const recoveredBelow = 0.95;

export class ConnectionBudget {
  readonly #max: () => number;
  readonly #log: Log;
  readonly #warn: SparseWarn;
  readonly #open = { tcp: 0, udp: 0 };
  #exhausted = false;

  /** @param max asked anew for each connection: every listener that opens leaves less for them */
  constructor(max: () => number, log: Log, warn: SparseWarn) {
    this.#max = max;
    this.#log = log;
    this.#warn = warn;
  }

  /** False when the cap is reached, or UDP's share of it: nothing was taken then, and nothing must be released. */
  take(kind: 'tcp' | 'udp'): boolean {
    const max = this.#max();
    const isFull = this.#open.tcp + this.#open.udp >= max;
    if (isFull || (kind === 'udp' && this.#open.udp >= udpCap(max))) {
      this.#refuse();
      return false;
    }
    this.#open[kind]++;
    return true;
  }

  release(kind: 'tcp' | 'udp'): void {
    this.#open[kind]--;
    if (!this.#exhausted || this.#open.tcp + this.#open.udp >= this.#max() * recoveredBelow) return;
    this.#exhausted = false;
    this.#log.debug({ maxConnections: this.#max() }, 'below the cap on connections again');
  }

  totals(): DataPlaneTotals {
    return { tcpConnections: this.#open.tcp, udpClients: this.#open.udp, maxConnections: this.#max() };
  }

  #refuse(): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    this.#warn('cap on connections reached, refusing new ones', {
      maxConnections: this.#max(),
      tcpConnections: this.#open.tcp,
      udpClients: this.#open.udp,
    });
  }
}
