// sources/kube/wait.ts: waiting that an AbortSignal ends, on the injected clock.
import type { Clock } from '../../proxier/clock.js';

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || delayMs <= 0) {
      resolve();
      return;
    }
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(delayMs, finish);
    signal.addEventListener('abort', finish);
  });
}

/** A deadline that is pushed back by each sign of life. */
export interface Deadline {
  /** Starts, or starts again. */
  push(): void;
  cancel(): void;
}

export function createDeadline(clock: Clock, delayMs: number, expired: () => void): Deadline {
  let cancelTimer: (() => void) | undefined;
  const cancel = () => {
    cancelTimer?.();
    cancelTimer = undefined;
  };
  return {
    push: () => {
      cancel();
      cancelTimer = clock.after(delayMs, expired);
    },
    cancel,
  };
}

export interface WaitLimits {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** `promise`, unless the signal or the time is over first; then it is left to itself, whatever becomes of it. */
export function settleWithin<T>(promise: Promise<T>, limits: WaitLimits, attempted: string): Promise<T> {
  const { clock, signal, timeoutMs } = limits;
  return new Promise<T>((resolve, reject) => {
    const settle = (act: () => void) => {
      cancel();
      signal.removeEventListener('abort', aborted);
      act();
    };
    const aborted = () => settle(() => reject(signal.reason));
    const cancel = clock.after(timeoutMs, () =>
      settle(() => reject(new Error(`${attempted}: not done within ${timeoutMs} ms`))),
    );
    signal.addEventListener('abort', aborted);
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
    if (signal.aborted) aborted();
  });
}
