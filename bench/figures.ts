// bench/figures.ts: PURE. Numbers for people: medians, ratios, units.

/** The middle value, or the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of no values');
  return (lower + upper) / 2;
}

/** Three significant digits at most, and never an exponent: `0.0123`, `4.56`, `78.9`, `1,234`. */
export function round(value: number): string {
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.max(0, 2 - magnitude);
  const shown = value.toLocaleString('en-US', { maximumFractionDigits: Math.min(decimals, 6) });
  return shown === '-0' ? '0' : shown;
}

/** `x 1.23`; `-` where there is nothing to compare with. */
export function ratio(value: number, base: number): string {
  return base === 0 ? '-' : `x ${round(value / base)}`;
}
