// The OOM score, in a folder that looks like /proc.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { setOomScoreAdj } from '../../lib/host/oom-score.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

function warningsIn(): Log & { readonly warnings: unknown[] } {
  const warnings: unknown[] = [];
  const warn = (fields: unknown) => {
    warnings.push(fields);
  };
  return { ...silentLog, warn, warnings };
}

t.test('the score is written', async (t) => {
  const procRoot = t.testdir({ self: { oom_score_adj: '0\n' } });
  const log = warningsIn();
  await setOomScoreAdj(-999, { log, procRoot });
  t.equal(await readFile(join(procRoot, 'self/oom_score_adj'), 'utf8'), '-999\n');
  t.same(log.warnings, []);
});

t.test('failure is a warning', async (t) => {
  const log = warningsIn();
  await setOomScoreAdj(-999, { log, procRoot: t.testdir() });
  t.match(log.warnings, [{ oomScoreAdj: -999, err: { code: 'ENOENT' } }]);
});

t.test('the score that this process has already is written to nothing', async (t) => {
  const score = Number(await readFile('/proc/self/oom_score_adj', 'utf8'));
  const log = warningsIn();
  await setOomScoreAdj(score, { log });
  t.same(log.warnings, []);
});
