// cli/duration.ts: durations as Go prints them (`30s`, `1m30s`, `250ms`), in milliseconds. Pure.
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

/** Milliseconds, whole. Negative ones, parts of a millisecond and more than 24 days are refused. Throws InvalidValueError. */
export function parseDurationMs(text: string): number {
  if (text === '0') return 0;
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
  if (wholeMs > longestMs) throw new InvalidValueError('The longest duration allowed is 596h.');
  return wholeMs;
}
