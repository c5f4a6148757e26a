// proxier/log.ts: the logger everything below the CLI is handed. pino's own shape; keys are listed in the style guide.
import type { Logger } from 'pino';

/** `log.info({ service }, 'text')`; never interpolate values into the text. */
export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>;

/** For tests and for parts that are used without a program around them. */
export const silentLog: Log = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
