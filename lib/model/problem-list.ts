// model/problem-list.ts: the problems there are now, by where they come from, and one sorted list of them all that is
// made anew only when one came or went.
import { sameProblems } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';

export interface ProblemList {
  /** All problems of one source; none: it is mended or gone. */
  set(source: string, problems: readonly ModelProblem[]): void;
  /**
   * By object, then by source, then in the order in which the source has them; whatever came first does not matter. The
   * same array as last time if nothing changed.
   */
  list(): readonly ModelProblem[];
}

const none: readonly ModelProblem[] = [];

export function createProblemList(): ProblemList {
  const bySource = new Map<string, readonly ModelProblem[]>();
  let list = none;
  let stale = false;
  return {
    set(source, problems) {
      if (sameProblems(bySource.get(source) ?? none, problems)) return;
      if (problems.length > 0) bySource.set(source, problems);
      else bySource.delete(source);
      stale = true;
    },
    list() {
      if (!stale) return list;
      stale = false;
      const sources = [...bySource.keys()].sort();
      const sorted = sources.flatMap((source) => bySource.get(source) ?? none).sort(byObject);
      if (!sameProblems(sorted, list)) list = sorted;
      return list;
    },
  };
}

function byObject(a: ModelProblem, b: ModelProblem): number {
  if (a.object === b.object) return 0;
  return a.object < b.object ? -1 : 1;
}
