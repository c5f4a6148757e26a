// scripts/test.mjs: `npm test`. Installs what is missing, builds, lints, runs every test and ends with one plain line
// of counts. `--full` adds the slow tests (test/full/). Further arguments name single test files (test/x/y.test.ts).
import { spawnSync } from 'node:child_process';
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
const tap = spawnSync(
  join(root, 'node_modules/.bin/tap'),
  ['run', '--reporter=terse', `--output-file=${results}`, ...files],
  {
    cwd: root,
    stdio: 'inherit',
  },
);

// The raw TAP nests four spaces a level: level 1 are the tests inside a file.
const counts = { passed: 0, failed: 0, skipped: 0 };
if (existsSync(results)) {
  for await (const line of createInterface({ input: createReadStream(results) })) {
    const point = /^ {4}(not )?ok \d+(.*)$/.exec(line);
    if (!point) continue;
    if (/ # (skip|todo)/i.test(point[2])) counts.skipped += 1;
    else if (point[1]) counts.failed += 1;
    else counts.passed += 1;
  }
}
const failedRun = tap.status !== 0 || counts.passed === 0;
if (failedRun && counts.failed === 0) counts.failed = 1;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exit(failedRun ? 1 : 0);
