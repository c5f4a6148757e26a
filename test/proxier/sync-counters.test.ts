// What syncs did adds up.
import t from 'tap';
import { silentLog } from '../../lib/proxier/log.js';
import { SyncCounters } from '../../lib/proxier/sync-counters.js';

t.test('sums, but for the rules that stand; a change is said, and so is a failure', async (t) => {
  const said: unknown[] = [];
  const note =
    (level: string) =>
    (...args: unknown[]) =>
      void said.push([level, args[1]]);
  const counters = new SyncCounters({
    ...silentLog,
    info: note('info'),
    error: note('error'),
    warn: note('warn'),
  });
  const zero = { nat: 0, filter: 0 };
  const rulesLast = { IPv4: { nat: 3, filter: 0 }, IPv6: zero };
  const first = { IPv4: { nat: 7, filter: 2 }, IPv6: zero };
  const applied = { rulesWritten: 3, rulesDeleted: 1, rulesTotal: first, rulesLast, failures: [] };
  counters.record({ applied, conntrackDeleted: 4, full: true });
  const failures = [{ ipFamily: 'IPv6', error: new Error('no table') }] as const;
  const rulesTotal = { ...first, IPv4: { nat: 6, filter: 2 } };
  const nothing = {
    rulesWritten: 0,
    rulesDeleted: 0,
    rulesTotal,
    rulesLast: { IPv4: zero, IPv6: zero },
    failures,
  };
  counters.record({ applied: nothing, conntrackDeleted: 0, full: true });
  counters.record({
    applied: nothing,
    conntrackDeleted: 1,
    full: false,
  });
  counters.drifted();
  t.same(counters.read(), {
    rulesWrittenTotal: 3,
    rulesDeletedTotal: 1,
    rulesTotal,
    rulesLast: { IPv4: zero, IPv6: zero },
    restoreFailuresTotal: { IPv4: 0, IPv6: 2 },
    partialRestoreFailuresTotal: { IPv4: 0, IPv6: 1 },
    conntrackDeletedTotal: 5,
    driftsTotal: 1,
  });
  t.same(said, [
    ['info', 'rules changed'],
    ['error', 'the rules could not be written: trying again'],
    ['error', 'the rules could not be written: trying again'],
    ['warn', 'our rules were changed by somebody else: repairing'],
  ]);
});
