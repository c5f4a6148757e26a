// proxier/bounded-frequency-runner.ts: runs one function when asked, neither too often nor too seldom, never twice at
// once. The words are kube-proxy's (pkg/proxy/runner): minSyncPeriod, syncPeriod, retry after a failure.
import type { Clock } from './clock.js';

export interface RunnerOptions {
  readonly clock: Clock;
  /** Milliseconds between the end of one run and the start of the next; requests in between are one run. */
  readonly minIntervalMs: number;
  /** Milliseconds after which it runs though nobody asked. */
  readonly maxIntervalMs: number;
  /** Milliseconds until a run that failed is tried again; doubles with each failure in a row, up to maxIntervalMs. */
  readonly retryIntervalMs: number;
  /** True: done. False or a rejection: try again. */
  readonly run: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

export interface BoundedFrequencyRunner {
  /** Asks for a run. One that has begun does not count: its reading may be older than the request. */
  request(): void;
  /** No run starts after this; resolves when the one under way has ended. */
  close(): Promise<void>;
}

export function boundedFrequencyRunner(options: RunnerOptions): BoundedFrequencyRunner {
  const { clock, minIntervalMs, maxIntervalMs, retryIntervalMs } = options;
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
    running = attempt().then((done) => {
      running = undefined;
      lastEndMs = clock.monotonic();
      failuresInARow = done ? 0 : failuresInARow + 1;
      const retryMs = Math.min(maxIntervalMs, retryIntervalMs * 2 ** Math.min(failuresInARow - 1, 20));
      if (requested) schedule(minIntervalMs);
      else schedule(done ? maxIntervalMs : Math.max(minIntervalMs, retryMs));
    });
  }

  async function attempt(): Promise<boolean> {
    try {
      return await options.run();
    } catch (error) {
      options.onError(error);
      return false;
    }
  }

  return {
    request() {
      if (closed || requested) return;
      requested = true;
      if (!running) schedule(lastEndMs + minIntervalMs - clock.monotonic());
    },
    async close() {
      closed = true;
      cancelTimer();
      await running;
    },
  };
}
