// scripts/test.mjs: `npm test`. Installs what is missing, builds, lints, runs every test and ends with one plain line
// of counts. `--full` adds the slow tests (test/full/), `--kernel` those of `npm run test:kernel` where their
// packages can be installed. Further arguments name single test files (test/x/y.test.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, cCompilers, ensureModules, ensureSystemPackages, root, run, usrsctpNeeds } from './steps.mjs';

const args = process.argv.slice(2);
const full = args.includes('--full');
const named = args.filter((argument) => !argument.startsWith('--'));

ensureSystemPackages(['iptables', 'nft', 'ip', 'conntrack', 'unshare', 'curl', 'sysctl', ...usrsctpNeeds], {
  programs: cCompilers,
  lost: 'without them no test compares struct layouts with C headers',
});
ensureModules();
build();
run('node_modules/.bin/biome', ['check', '.']);

/** Every test file below a directory, as paths from the root. */
function testFiles(directory) {
  return readdirSync(join(root, directory), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(directory, name))
    .filter((name) => full || !name.startsWith('test/full/'))
    .sort();
}

// Its plugins as .taprc has them. `tap run` would do it as well, but start this run's processes with those of before.
run('node_modules/.bin/tap', ['build']);

const files = (named.length > 0 ? named : testFiles('test')).map((name) =>
  join('dist', name.replace(/\.ts$/, '.js')),
);
const results = join(root, '.tap/run.tap');
mkdirSync(join(root, '.tap'), { recursive: true });
const tests = spawn(process.execPath, ['scripts/test-run.mjs', ...files], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const reporter = spawn(
  join(root, 'node_modules/.bin/tap'),
  ['run', '--reporter=terse', `--output-file=${results}`, '-'],
  { cwd: root, stdio: [tests.stdout, 'inherit', 'inherit'] },
);
// Ours as well: with it the tests would go on writing to nobody if the reporter died.
tests.stdout.destroy();
const [testsEnded, reported] = await Promise.all([once(tests, 'exit'), once(reporter, 'exit')]);
const isClean = testsEnded[0] === 0 && reported[0] === 0;

// The raw TAP nests four spaces a level: level 1 are the tests inside a file.
const counts = { passed: 0, failed: 0, skipped: 0 };
if (existsSync(results)) {
  for await (const line of createInterface({ input: createReadStream(results) })) {
    // A file without a test; a test that is skipped is a level deeper.
    if (/^ok \d+ .* # SKIP no tests found/i.test(line)) counts.failed += 1;
    const point = /^ {4}(not )?ok \d+(.*)$/.exec(line);
    if (!point) continue;
    if (/ # (skip|todo)/i.test(point[2])) counts.skipped += 1;
    else if (point[1]) counts.failed += 1;
    else counts.passed += 1;
  }
}
const failedRun = !isClean || counts.passed === 0;
if (failedRun && counts.failed === 0) counts.failed = 1;

/** Of a command that ends with a line of counts, which is not shown. Where it says nothing of the kind, its status counts. */
async function countsOf(...argv) {
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let found;
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line);
    if (match) found = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) };
    else console.log(line);
  }
  const [status] = await ended;
  const all = found ?? { passed: 0, failed: 0, skipped: 0 };
  return status !== 0 && all.failed === 0 ? { ...all, failed: 1 } : all;
}

if (args.includes('--kernel')) {
  const { passed, failed, skipped } = await countsOf(
    'scripts/test-kernel.mjs',
    '--no-build',
    '--if-possible',
  );
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exit(counts.failed > 0 ? 1 : 0);
