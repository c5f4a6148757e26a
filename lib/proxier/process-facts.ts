// proxier/process-facts.ts: what a running program says of itself, as plain data that JSON can carry.
import type { DataPlaneTotals } from './data-plane.js';
import type { DesiredRules, DetectLocal } from './rule-applier.js';
import type { SourceHealth } from './source.js';
import type { ProxierStatus, ServiceProblem, SyncHealth } from './status.js';

export interface ProcessIdentity {
  readonly version: string;
  readonly pid: number;
  /** As readlink of /proc/self/ns/net tells it: rules and listeners are to be looked for in that network namespace. */
  readonly networkNamespace: string;
  readonly iptablesVariant: string;
  /** Where Services come from. */
  readonly source: string;
}

export interface ProcessFacts extends ProcessIdentity {
  readonly node: string;
  readonly dataPlane: 'node' | 'linux';
  readonly sourceHealth: SourceHealth;
  readonly sync: SyncHealth;
  readonly totals: DataPlaneTotals;
  readonly detectLocal: DetectLocal;
  /** Which of this node's addresses have nodePorts. */
  readonly nodePortAddresses: DesiredRules['nodePortAddresses'];
  /** At most 100. */
  readonly problems: readonly Pick<ServiceProblem, 'subject' | 'message'>[];
  readonly problemsTotal: number;
}

const maxProblems = 100;

export function processFacts(identity: ProcessIdentity, status: ProxierStatus): ProcessFacts {
  const problems = status.problems();
  const desired = status.plan()?.desired;
  return {
    ...identity,
    node: status.node().name,
    dataPlane: status.dataPlane,
    sourceHealth: status.sourceHealth(),
    sync: status.syncHealth(),
    totals: status.totals(),
    detectLocal: desired?.detectLocal ?? { kind: 'none' },
    nodePortAddresses: desired?.nodePortAddresses ?? 'all',
    problems: problems.slice(0, maxProblems).map(({ subject, message }) => ({ subject, message })),
    problemsTotal: problems.length,
  };
}
