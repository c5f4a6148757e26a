// scripts/test-run.mjs: a tap program that runs the test files named on its command line, several processes at once. Not
// `tap run`: that loads its record of processes (for coverage, which is not taken) into each test and into every
// program a test starts, and takes more processor time by it than the tests do.
import { availableParallelism } from 'node:os';
import { t } from 'tap';
import { root } from './steps.mjs';
import { testProcesses } from './test-processes.mjs';

const timeoutSeconds = 60;
// Some tests wait more than they work.
t.jobs = availableParallelism() + 1;
t.setTimeout(0);
for (const { name, file } of testProcesses(process.argv.slice(2))) {
  // tap puts its loader into NODE_OPTIONS here as well. A test's own tap has a limit too, and tells it to this one.
  const env = ['-u', 'NODE_OPTIONS', `TAP_TIMEOUT=${timeoutSeconds}`];
  const args = [...env, process.execPath, '--enable-source-maps', file];
  t.spawn('env', args, { name, cwd: root, buffered: true, timeout: 1000 * timeoutSeconds });
}
