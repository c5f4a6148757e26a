// model/go-duration.ts: durations as Kubernetes writes them (Go's spelling: `30s`, `1m30s`, `250ms`), in milliseconds.

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Node timer that is set for longer fires at once (2^31 - 1 ms: 24 days). */
export const longestDurationMs = 2_147_483_647;

/** Whole milliseconds; undefined for what is no duration, negative, longer than longestDurationMs or finer than 1 ms. */
export function goDurationMs(text: string): number | undefined {
  const ms = readGoDuration(text);
  return typeof ms === 'number' && ms <= longestDurationMs ? ms : undefined;
}

/** Whole milliseconds of any length; a negative one is no duration. */
export function readGoDuration(text: string): number | 'no duration' | 'finer than 1 ms' {
  if (text === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return 'no duration';
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (unitsMs[unit] ?? Number.NaN);
  }
  const wholeMs = Math.round(totalMs);
  // 1e-7 is below a nanosecond: what is left after it is floating point.
  return Math.abs(totalMs - wholeMs) > 1e-7 ? 'finer than 1 ms' : wholeMs;
}
