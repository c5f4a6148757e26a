// compose/stop-signal.ts: SIGTERM and SIGINT as a promise. The first asks for an orderly stop, the second for a quick one.

export interface StopSignals {
  /** Resolves with the first signal's name; keeps the process alive until then. */
  readonly first: Promise<NodeJS.Signals>;
  /** Resolves with the second one. */
  readonly second: Promise<NodeJS.Signals>;
  close(): void;
}

// The longest time that setInterval takes: it does nothing but keep the event loop alive.
const foreverMs = 2 ** 31 - 1;

export function stopSignals(): StopSignals {
  const keepAlive = setInterval(() => {}, foreverMs);
  const waiting: ((signal: NodeJS.Signals) => void)[] = [];
  const first = new Promise<NodeJS.Signals>((resolve) => waiting.push(resolve));
  const second = new Promise<NodeJS.Signals>((resolve) => waiting.push(resolve));
  const heard = (signal: NodeJS.Signals): void => waiting.shift()?.(signal);
  process.on('SIGTERM', heard);
  process.on('SIGINT', heard);
  return {
    first,
    second,
    close() {
      clearInterval(keepAlive);
      process.off('SIGTERM', heard);
      process.off('SIGINT', heard);
    },
  };
}
