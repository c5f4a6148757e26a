// compose/process-guard.ts: what must not end, or stall, the process that forwards everybody's traffic.
import type { Log } from '../proxier/log.js';

/**
 * A fault that nobody caught is reported and forwarding goes on; a log that nobody reads any more is given up without a
 * word (saying so would be one more line to it, and so on without end). Returns how to undo it.
 */
export function guardProcess(log: Log): () => void {
  const uncaught = (err: unknown): void => log.error({ err }, 'uncaught error: please report this');
  const unread = (): void => {};
  process.on('uncaughtException', uncaught);
  process.on('unhandledRejection', uncaught);
  process.stderr.on('error', unread);
  return () => {
    process.off('uncaughtException', uncaught);
    process.off('unhandledRejection', uncaught);
    process.stderr.off('error', unread);
  };
}
