// dataplane/sparse-log.ts: warnings about what may happen a million times a second, said once in a while.
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';

const intervalMs = 10_000;

export type SparseWarn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/**
 * The first warning of a text is written at once, then one per 10 s at most, with the number of those left out since
 * (`suppressed`). Texts are literals in the code, so what is remembered is bounded.
 */
export function sparseWarn(log: Log, clock: Clock): SparseWarn {
  const said = new Map<string, { atMs: number; suppressed: number }>();
  return (message, fields) => {
    const nowMs = clock.monotonic();
    const last = said.get(message);
    if (last !== undefined && nowMs - last.atMs < intervalMs) {
      last.suppressed++;
      return;
    }
    said.set(message, { atMs: nowMs, suppressed: 0 });
    log.warn(last === undefined ? fields : { ...fields, suppressed: last.suppressed }, message);
  };
}
