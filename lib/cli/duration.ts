// cli/duration.ts: durations as Go prints them (`30s`, `1m30s`, `250ms`), to milliseconds and back. Pure.
import { InvalidValueError } from './flag.js';

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Node timer that is set for longer fires at once (2^31 - 1 ms). */
const longestMs = 2_147_483_647;

const allowed = 'Allowed is a duration such as 250ms, 30s or 1m30s (units: ms, s, m, h).';

/**
 * Milliseconds, whole. Negative ones, parts of a millisecond and more than `mostMs` (24 days, what a timer can be set
 * for) are refused. Throws InvalidValueError.
 */
export function parseDurationMs(text: string, mostMs: number = longestMs): number {
  if (text === '0') return 0;
  if (text.startsWith('-')) throw new InvalidValueError(`It must not be negative. ${allowed}`);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new InvalidValueError(/^\d+$/.test(text) ? `The unit is missing. ${allowed}` : allowed);
  }
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (unitsMs[unit] ?? Number.NaN);
  }
  const wholeMs = Math.round(totalMs);
  // 1e-7 is below a nanosecond: what is left after it is floating point.
  if (Math.abs(totalMs - wholeMs) > 1e-7) throw new InvalidValueError(`It is finer than 1ms. ${allowed}`);
  if (wholeMs > mostMs) {
    throw new InvalidValueError(`The longest duration allowed is ${Math.floor(mostMs / 3_600_000)}h.`);
  }
  return wholeMs;
}

/** As Go's Duration prints itself: `0s`, `250ms`, `1.5s`, `1m30s`, `1h0m0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
