// dataplane/node/connection-budget.ts: the cap on open TCP connections and UDP flows of all listeners together.
// libuv answers EMFILE in accept by closing the connection without any event, so we stay clear of it ourselves.
import type { DataPlaneTotals } from '../../proxier/data-plane.js';
import type { Log } from '../../proxier/log.js';
import type { SparseWarn } from './sparse-log.js';

/** Descriptors for everything that is not a relayed connection: logs, API watches, HTTP, epoll, name look-ups. */
const reservedDescriptors = 256;
/** A TCP connection holds its client's and its endpoint's; a UDP flow holds one and is counted as if it held two. */
const descriptorsPerConnection = 2;
/** Part of the cap that UDP flows may take. */
const udpShare = 0.5;
/** How far below the cap the number must fall, as a part of it, before the next refusal is a new episode. */
const recoveredBelow = 0.95;

/**
 * The `maxConnections` that fits into `descriptorLimit` (RLIMIT_NOFILE) beside `listenerSockets` listening sockets
 * (one for each TCP listener; two, plus one for each reply address, for each UDP listener). At least 1.
 */
export function connectionCap(descriptorLimit: number, listenerSockets: number): number {
  const free = descriptorLimit - reservedDescriptors - listenerSockets;
  return Math.max(1, Math.floor(free / descriptorsPerConnection));
}

/** RLIMIT_NOFILE's soft limit out of the text of /proc/self/limits (proc(5)); Infinity for `unlimited`. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

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

  /**
   * False when the cap is reached: nothing was taken then, and nothing must be released. UDP gets no more than its
   * share of the cap: a sender with made-up addresses opens a flow with each datagram, and must not shut out TCP.
   */
  take(kind: 'tcp' | 'udp'): boolean {
    const max = this.#max();
    const isFull = this.#open.tcp + this.#open.udp >= max;
    if (isFull || (kind === 'udp' && this.#open.udp >= max * udpShare)) {
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
