// proxier/problems.ts: what is not as it should be, said once when it begins and once when it is over.
import type { Log } from './log.js';
import type { ServiceProblem } from './status.js';

export interface ProblemBoard {
  /** The whole present list; the log hears the difference to the last one. */
  replace(problems: readonly ServiceProblem[]): void;
  current(): readonly ServiceProblem[];
}

export function problemBoard(log: Log): ProblemBoard {
  let current: readonly ServiceProblem[] = [];
  let known = new Map<string, ServiceProblem>();
  return {
    replace(problems) {
      const next = new Map(problems.map((problem) => [`${problem.subject}\n${problem.message}`, problem]));
      for (const [key, { subject, message }] of next) {
        if (!known.has(key)) log.warn({ service: subject }, message);
      }
      for (const [key, { subject, message }] of known) {
        if (!next.has(key)) log.info({ service: subject, was: message }, 'problem is over');
      }
      known = next;
      current = [...next.values()];
    },
    current: () => current,
  };
}
