// dataplane/native/fault.ts: what happens when our own code throws in a thread: it is reported, and what it was working
// for ends, so that nothing of it stays behind, open and counted and served by nobody. Everybody else is served on.

export interface MayFail {
  /** Ends it, resets included, and gives back all that it holds. Idempotent. Absent: it goes on. */
  fail?(reason: 'fault'): void;
}

export type ReportFault = (error: unknown) => void;

/** @param culprit what threw `error`; undefined: it has ended by itself */
export function endFaulty(culprit: MayFail | undefined, error: unknown, report: ReportFault): void {
  report(error);
  try {
    culprit?.fail?.('fault');
  } catch (another) {
    report(another);
  }
}
