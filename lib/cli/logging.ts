// cli/logging.ts: the program's logger. JSON lines for machines, readable lines for people; everything below the
// CLI is handed a Log (proxier/log.ts).
import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { LoggingFormat } from './options.js';

export interface LoggerOptions {
  readonly format: LoggingFormat;
  /** The number after -v, 0-10. */
  readonly verbosity: number;
  /** Owned by the caller, never closed here. */
  readonly stream: NodeJS.WritableStream;
  /** Text only. @default false */
  readonly colorize?: boolean;
}

export type Level = 'info' | 'debug' | 'trace';

/**
 * | -v   | level | what it adds |
 * |------|-------|--------------|
 * | 0, 1 | info  | what an operator acts on: start, ready, stop; trouble and its end; a Service that is not served |
 * | 2-4  | debug | what explains it: one line per sync that changed something, listeners, dials that failed |
 * | 5-10 | trace | one line per client and per process started |
 *
 * kube-proxy is usually run with -v=2, so nothing below 5 grows with the number of clients that are served well.
 */
export function levelOf(verbosity: number): Level {
  if (verbosity >= 5) return 'trace';
  return verbosity >= 2 ? 'debug' : 'info';
}

export function createLogger(options: LoggerOptions): Logger {
  const { format, verbosity, stream, colorize = false } = options;
  return pino(
    {
      level: levelOf(verbosity),
      // No pid and host name: whatever collects the lines knows the pod.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.errWithCause },
    },
    format === 'json' ? stream : readable(stream, colorize),
  );
}

/** A stream in this thread, not a worker transport: the last lines before an exit are written. */
function readable(stream: NodeJS.WritableStream, colorize: boolean): ReturnType<typeof PinoPretty> {
  return PinoPretty({
    destination: stream,
    colorize,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    sync: true,
  });
}
