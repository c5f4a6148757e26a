// compose/log.ts: a program's log: to stderr, as the flags say.
import type { Logger } from 'pino';
import { createLogger } from '../cli/logging.js';
import type { LoggingFormat } from '../cli/options.js';

export function createLog(options: {
  readonly loggingFormat: LoggingFormat;
  readonly verbosity: number;
}): Logger {
  return createLogger({
    format: options.loggingFormat,
    verbosity: options.verbosity,
    stream: process.stderr,
    colorize: process.stderr.isTTY,
  });
}
