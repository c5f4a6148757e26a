// test/support/killed.ts: the end of a process that a test has started.
import type { ChildProcess } from 'node:child_process';

/** Killed, if it has not ended by itself. Resolves when it is gone, with all it had open. */
export function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
