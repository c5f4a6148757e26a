// sources/kube/timing.ts: every delay and deadline of the Kubernetes source in one place. Tests shorten them.

export interface KubeTiming {
  /**
   * Wait before the second try, in ms; each further failure doubles it up to `backoffMaxMs`. A random factor between
   * 0.5 and 1.5 keeps many nodes from returning at the same moment. 800 ms and 30 s are client-go's reflector's.
   * @default 800
   */
  readonly backoffInitialMs: number;
  /** @default 30000 */
  readonly backoffMaxMs: number;
  /** A watch that lives shorter counts as a failure, so that clean ends never become a tight loop. @default 1000 */
  readonly minWatchMs: number;
  /** What the server is asked to limit a watch to: random within this range, in seconds. @default 300 to 600 */
  readonly watchTimeoutSeconds: { readonly min: number; readonly max: number };
  /** A watch without a byte for its timeoutSeconds and this much more is cut by us, in ms. @default 30000 */
  readonly watchSlackMs: number;
  /** From sending a request to the answer's headers, in ms; the API server gives up after 60 s itself. @default 60000 */
  readonly answerTimeoutMs: number;
  /** Between two pieces of a list's body, in ms. @default 30000 */
  readonly bodyIdleMs: number;
  /** How long trouble may last before health() calls it failing, in ms. @default 5000 */
  readonly failingAfterMs: number;
}

export const defaultKubeTiming: KubeTiming = {
  backoffInitialMs: 800,
  backoffMaxMs: 30_000,
  minWatchMs: 1000,
  watchTimeoutSeconds: { min: 300, max: 600 },
  watchSlackMs: 30_000,
  answerTimeoutMs: 60_000,
  bodyIdleMs: 30_000,
  failingAfterMs: 5000,
};
