// proxier/trigger-times.ts: when the changes happened that are not in force yet, for the histogram of how long that takes.

// While syncs fail they pile up; a histogram needs no more.
const maxTriggerTimes = 10_000;

export class TriggerTimes {
  readonly #startedAtMs: number;
  #waitingMs: number[] = [];

  /** @param startedAtMs earlier changes, which the first list carries, are not ours to answer for (as in kube-proxy) */
  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  add(timesMs: readonly number[]): void {
    for (const at of timesMs) {
      if (at >= this.#startedAtMs && this.#waitingMs.length < maxTriggerTimes) this.#waitingMs.push(at);
    }
  }

  /** They are in force: seconds that each has waited. */
  take(nowMs: number): readonly number[] {
    const seconds = this.#waitingMs.map((at) => Math.max(0, nowMs - at) / 1000);
    this.#waitingMs = [];
    return seconds;
  }
}
