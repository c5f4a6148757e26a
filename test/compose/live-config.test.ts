// From a changed file to what each part of the program is told. The whole program: integration/config-file.test.ts.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { reloadedOptions } from '../../lib/cli/commands.js';
import { createLogger } from '../../lib/cli/logging.js';
import { startLiveConfig } from '../../lib/compose/live-config.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { eventually } from '../support/eventually.js';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };

function parts(t: Test, argv: readonly string[]) {
  const told: unknown[] = [];
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger({ format: 'json', verbosity: 0, stream });
  const live = startLiveConfig(
    reloadedOptions(argv, context, head),
    (text) => reloadedOptions(argv, context, text),
    {
      log,
      clock: systemClock,
      proxier: { reconfigure: ({ dropInvalid, syncPeriodMs }) => told.push({ dropInvalid, syncPeriodMs }) },
      applyHostSettings: async ({ oomScoreAdj }) => void told.push({ oomScoreAdj }),
    },
  );
  t.teardown(() => live.close());
  return { live, told, lines, log };
}

t.test('a change reaches the log, the proxier and the host, and is in force', async (t) => {
  const path = join(t.testdir({ c: head }), 'c');
  const { live, told, log } = parts(t, ['--manifests=/m', `--config=${path}`]);
  t.equal(live.inForce().conntrack.tcpBeLiberal, false);
  await writeFile(
    path,
    `${head}conntrack: {tcpBeLiberal: true}\noomScoreAdj: 3\nlogging: {verbosity: 5}\nportRange: 1-2\n`,
  );
  await eventually('it is applied', () => live.inForce().conntrack.tcpBeLiberal);
  t.same(told, [{ dropInvalid: false, syncPeriodMs: 30_000 }, { oomScoreAdj: 3 }]);
  t.equal(log.level, 'trace');
  t.equal(live.inForce().portRange, '', 'which waits for a restart');
});

t.test('without a file it stays as it was', async (t) => {
  const { live, told } = parts(t, ['--manifests=/m', '--oom-score-adj=9']);
  t.equal(live.inForce().oomScoreAdj, 9);
  await live.close();
  t.same(told, []);
});
