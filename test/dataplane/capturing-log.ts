// dataplane/capturing-log.ts: a log that remembers what it was told.
import { type Log, silentLog } from '../../lib/proxier/log.js';

export interface Line {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Only warnings. */
export function capturingLog(): Log & { readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const warn = (fields: unknown, text?: unknown): void => {
    lines.push({ text: String(text), fields: { ...(typeof fields === 'object' ? fields : {}) } });
  };
  return { ...silentLog, warn, lines };
}
