// proxier/bounded-frequency-runner.ts: runs one function when asked, neither too often nor too seldom, never twice at
// once. The words are kube-proxy's (pkg/proxy/runner): minSyncPeriod, syncPeriod, retry after a failure.
import type { Clock } from './clock.js';

export interface RunnerIntervals {
  /** Milliseconds between the end of one run and the start of the next; requests in between are one run. */
  readonly minIntervalMs: number;
  /** Milliseconds after which it runs though nobody asked. */
  readonly maxIntervalMs: number;
}

export interface RunnerOptions extends RunnerIntervals {
  readonly clock: Clock;
  /** Milliseconds until a run that failed is tried again; doubles with each failure in a row, up to maxRetryMs. */
  readonly retryIntervalMs: number;
  /** Milliseconds; also the delay of `retry-later`. */
  readonly maxRetryMs: number;
  /** A rejection is a failure. */
  readonly run: () => Promise<RunOutcome>;
  readonly onError: (error: unknown) => void;
}

/** `failed`: tried again soon. `retry-later`: what matters is done, and the rest need not be hurried. */
export type RunOutcome = 'done' | 'failed' | 'retry-later';

export interface BoundedFrequencyRunner {
  /** Asks for a run. One that has begun does not count: its reading may be older than the request. */
  request(): void;
  /** From now on. What is due by the old ones comes by the new ones, a retry as it was. */
  setIntervals(intervals: RunnerIntervals): void;
  /** No run starts after this; resolves when the one under way has ended. */
  close(): Promise<void>;
}

export function boundedFrequencyRunner(options: RunnerOptions): BoundedFrequencyRunner {
  const { clock, retryIntervalMs, maxRetryMs } = options;
  let { minIntervalMs, maxIntervalMs } = options;
  let lastOutcome: RunOutcome | undefined;
  let running: Promise<void> | undefined;
  let requested = false;
  let closed = false;
  let failuresInARow = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let cancelTimer = (): void => {};

  function schedule(delayMs: number): void {
    cancelTimer();
    if (!closed) cancelTimer = clock.after(Math.max(0, delayMs), begin);
  }

  function begin(): void {
    if (closed || running) return;
    cancelTimer();
    requested = false;
    running = attempt().then((outcome) => {
      running = undefined;
      lastOutcome = outcome;
      lastEndMs = clock.monotonic();
      failuresInARow = outcome === 'failed' ? failuresInARow + 1 : 0;
      plan();
    });
  }

  /** The next run, by what is known. Before the first one: none, unless it was asked for. */
  function plan(): void {
    const restMs = requested ? 0 : lastOutcome && delayAfter(lastOutcome);
    if (restMs !== undefined) schedule(lastEndMs + Math.max(minIntervalMs, restMs) - clock.monotonic());
  }

  function delayAfter(outcome: RunOutcome): number {
    if (outcome === 'done') return maxIntervalMs;
    if (outcome === 'retry-later') return Math.min(maxIntervalMs, maxRetryMs);
    return Math.min(maxRetryMs, retryIntervalMs * 2 ** Math.min(failuresInARow - 1, 20));
  }

  async function attempt(): Promise<RunOutcome> {
    try {
      return await options.run();
    } catch (error) {
      options.onError(error);
      return 'failed';
    }
  }

  return {
    request() {
      if (closed || requested) return;
      requested = true;
      if (!running) plan();
    },
    setIntervals(intervals) {
      ({ minIntervalMs, maxIntervalMs } = intervals);
      // While it runs, the next one is not planned yet.
      if (!running) plan();
    },
    async close() {
      closed = true;
      cancelTimer();
      await running;
    },
  };
}
