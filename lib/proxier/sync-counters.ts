// proxier/sync-counters.ts: what syncs have done since the start, in numbers and in the log.
import type { IpFamily } from '../model/ip.js';
import type { Log } from './log.js';
import type { ApplyReport, RuleCounts } from './rule-applier.js';
import type { SyncStats } from './status.js';
import type { PassResult } from './syncer.js';

type Counters = Omit<
  SyncStats,
  'serviceChangesPending' | 'serviceChangesTotal' | 'endpointChangesPending' | 'endpointChangesTotal'
>;

/** With what kind of sync it was: see SyncReport.full. */
type FinishedPass = Pick<PassResult, 'applied' | 'conntrackDeleted'> & { readonly full: boolean };

const noRules: RuleCounts = { IPv4: { nat: 0, filter: 0 }, IPv6: { nat: 0, filter: 0 } };

export class SyncCounters {
  readonly #log: Log;
  #counters: Counters = {
    restoreFailuresTotal: { IPv4: 0, IPv6: 0 },
    partialRestoreFailuresTotal: { IPv4: 0, IPv6: 0 },
    rulesTotal: noRules,
    rulesLast: noRules,
    rulesWrittenTotal: 0,
    rulesDeletedTotal: 0,
    driftsTotal: 0,
    conntrackDeletedTotal: 0,
  };

  constructor(log: Log) {
    this.#log = log;
  }

  record({ applied, conntrackDeleted, full }: FinishedPass): void {
    const { rulesWritten, rulesDeleted, rulesTotal, rulesLast, failures } = applied;
    const before = this.#counters;
    this.#counters = {
      ...before,
      rulesTotal,
      rulesLast,
      rulesWrittenTotal: before.rulesWrittenTotal + rulesWritten,
      rulesDeletedTotal: before.rulesDeletedTotal + rulesDeleted,
      restoreFailuresTotal: plusFailures(before.restoreFailuresTotal, failures),
      partialRestoreFailuresTotal: plusFailures(before.partialRestoreFailuresTotal, full ? [] : failures),
      conntrackDeletedTotal: before.conntrackDeletedTotal + conntrackDeleted,
    };
    for (const { ipFamily, error } of failures) {
      this.#log.error({ err: error, ipFamily }, 'the rules could not be written: trying again');
    }
    if (rulesWritten + rulesDeleted > 0) {
      this.#log.info({ written: rulesWritten, deleted: rulesDeleted }, 'rules changed');
    }
  }

  drifted(): void {
    this.#counters = { ...this.#counters, driftsTotal: this.#counters.driftsTotal + 1 };
    this.#log.warn({}, 'our rules were changed by somebody else: repairing');
  }

  read(): Counters {
    return this.#counters;
  }
}

function plusFailures(
  before: Readonly<Record<IpFamily, number>>,
  failures: ApplyReport['failures'],
): Readonly<Record<IpFamily, number>> {
  const of = (ipFamily: IpFamily): number => failures.filter((one) => one.ipFamily === ipFamily).length;
  return { IPv4: before.IPv4 + of('IPv4'), IPv6: before.IPv6 + of('IPv6') };
}
