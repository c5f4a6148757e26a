// proxier/claims.ts: what is known of nodePorts that could not be held. One that another process listens on is its: it is
// not taken from there by rules, and it is asked for again from time to time.
import type { Clock } from './clock.js';
import type { ListenError } from './data-plane.js';

export interface FailedClaim {
  readonly port: number;
  readonly error: ListenError;
  /** Clock.monotonic(). */
  readonly atMs: number;
}

export class Claims {
  readonly #clock: Clock;
  readonly #retryAfterMs: () => number;
  /** By ServicePort key. */
  readonly #failed = new Map<string, FailedClaim>();
  #blocked: ReadonlySet<string> = new Set();
  #isBlockedStale = false;

  /** @param retryAfterMs how long after a failure a claim is due again */
  constructor(clock: Clock, retryAfterMs: () => number) {
    this.#clock = clock;
    this.#retryAfterMs = retryAfterMs;
  }

  /** Not so soon after it has failed. */
  isDue(key: string, port: number): boolean {
    const failed = this.#failed.get(key);
    if (failed === undefined || failed.port !== port) return true;
    return this.#clock.monotonic() - failed.atMs >= this.#retryAfterMs();
  }

  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** By ServicePort key. */
  failures(): Iterable<readonly [string, FailedClaim]> {
    return this.#failed;
  }

  failed(key: string, port: number, error: ListenError): void {
    this.#failed.set(key, { port, error, atMs: this.#clock.monotonic() });
    this.#isBlockedStale = true;
  }

  /** It stands, or is about to: the port is ours. Or it is not wanted any more. */
  over(key: string): void {
    if (this.#failed.delete(key)) this.#isBlockedStale = true;
  }

  /** Of all that have failed, keeps those that are still wanted. */
  keepOnly(isWanted: (key: string) => boolean): void {
    for (const key of [...this.#failed.keys()]) if (!isWanted(key)) this.over(key);
  }

  /** All are due. */
  portsFreed(): void {
    for (const [key, failed] of this.#failed) {
      this.#failed.set(key, { ...failed, atMs: Number.NEGATIVE_INFINITY });
    }
  }

  /**
   * ServicePorts whose nodePort is another process's. (What failed for another reason, of descriptors say, is nobody
   * else's: rules may lead there.) The same set while nothing changes.
   */
  get blocked(): ReadonlySet<string> {
    if (!this.#isBlockedStale) return this.#blocked;
    this.#isBlockedStale = false;
    const blocked = [...this.#failed].filter(([, { error }]) => error.reason === 'port-in-use');
    const isSame = blocked.length === this.#blocked.size && blocked.every(([key]) => this.#blocked.has(key));
    if (!isSame) this.#blocked = new Set(blocked.map(([key]) => key));
    return this.#blocked;
  }
}
