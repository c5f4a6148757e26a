// dataplane/linux/thread-log.ts: what a thread has to say: posted to the main thread, which has the log, and sparsely, since
// it may come up with every connection.
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../proxier/clock.js';
import { silentLog } from '../../proxier/log.js';
import type { ReportFault } from '../native/fault.js';
import { type SparseWarn, sparseWarn } from '../sparse-log.js';
import type { FromThread } from './messages.js';

/** It never calls after(): a thread has timers of another kind. */
const clock: Clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => {} };

export interface ThreadLog {
  readonly warn: SparseWarn;
  /** An error of ours, with the number of those left out since the last one that was posted. */
  readonly fault: ReportFault;
}

export function threadLog(thread: number, mailbox: { post(message: FromThread): void }): ThreadLog {
  const sparse = (kind: 'warn' | 'fault'): SparseWarn => {
    const post = (fields: object, message = ''): void =>
      mailbox.post({ kind, message, fields: { ...fields } });
    return sparseWarn({ ...silentLog, warn: post }, clock);
  };
  const fault = sparse('fault');
  return {
    warn: sparse('warn'),
    fault: (err) => fault('fault in a thread of the data plane', { thread, err }),
  };
}
