// dataplane/node/connection-set.ts: the TCP connections that are open, of listeners that are still there or not.
import type { Clock } from '../../proxier/clock.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';

interface Cuttable {
  fail(reason: ConnectionFailure): void;
}

export class ConnectionSet {
  readonly #open = new Set<Cuttable>();
  #emptied: (() => void) | undefined;

  add(connection: Cuttable): void {
    this.#open.add(connection);
  }

  delete(connection: Cuttable): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#emptied?.();
  }

  /** Waits until all have ended; resets what is left after `graceMs`. Nothing may be added meanwhile. */
  drain(graceMs: number, clock: Clock): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancelTimer = clock.after(graceMs, () => {
        for (const connection of this.#open) connection.fail('shutdown');
      });
      this.#emptied = () => {
        cancelTimer();
        resolve();
      };
    });
  }
}
