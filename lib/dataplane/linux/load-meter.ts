// dataplane/linux/load-meter.ts: which part of its time a thread works, measured over short windows. Pure: times are
// passed in, in monotonic milliseconds.

/** Length of a window, in milliseconds. */
export const loadWindowMs = 50;
/** A per cent is idle enough to sleep on. */
const leastPerMille = 10;

export class LoadMeter {
  /** In the last window, per mille. A thread that waited for something to do did not work. */
  perMille = 0;
  #startMs: number;
  #waitedBeforeMs = 0;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
  }

  /**
   * @param waitedMs spent in waiting, ever
   * @returns whether a window is over, and `perMille` anew
   */
  measure(nowMs: number, waitedMs: number): boolean {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < loadWindowMs) return false;
    const perMille = 1000 * (1 - (waitedMs - this.#waitedBeforeMs) / elapsedMs);
    this.perMille = perMille < leastPerMille ? 0 : perMille;
    this.#startMs = nowMs;
    this.#waitedBeforeMs = waitedMs;
    return true;
  }
}
