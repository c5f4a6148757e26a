// cli/duration.ts: durations as Go prints them (`30s`, `1m30s`, `250ms`), to milliseconds and back. Pure.
import { longestDurationMs, readGoDuration } from '../model/go-duration.js';
import { InvalidValueError } from './flag.js';

const allowed = 'Allowed is a duration such as 250ms, 30s or 1m30s (units: ms, s, m, h).';

/**
 * Milliseconds, whole. Negative ones, parts of a millisecond and more than `mostMs` (24 days, what a timer can be set
 * for) are refused. Throws InvalidValueError.
 */
export function parseDurationMs(text: string, mostMs: number = longestDurationMs): number {
  if (text.startsWith('-')) throw new InvalidValueError(`It must not be negative. ${allowed}`);
  const wholeMs = readGoDuration(text);
  if (wholeMs === 'no duration') {
    throw new InvalidValueError(/^\d+$/.test(text) ? `The unit is missing. ${allowed}` : allowed);
  }
  if (wholeMs === 'finer than 1 ms') throw new InvalidValueError(`It is finer than 1ms. ${allowed}`);
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
