// scripts/demo.mjs: `npm run demo`. Installs and builds what is missing, then shows the demo; arguments are passed on
// (`npm run demo -- --keep`). Plain JavaScript: it runs before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureModules, ensureSystemPackages, root, run } from './steps.mjs';

ensureSystemPackages(['iptables', 'ip', 'conntrack', 'unshare', 'curl']);
ensureModules();
if (!isBuilt()) {
  console.error('building');
  // Not build(): that empties dist/ first, and somebody may be running what is in it.
  run('node_modules/.bin/tsc', ['-p', '.']);
}

/** Every source has its JavaScript, written later than it. */
function isBuilt() {
  const settingsMs = statSync(join(root, 'tsconfig.json')).mtimeMs;
  return readdirSync(join(root, 'lib'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .every((name) => {
      const built = join(root, 'dist/lib', name.replace(/\.ts$/, '.js'));
      if (!existsSync(built)) return false;
      return statSync(built).mtimeMs >= Math.max(settingsMs, statSync(join(root, 'lib', name)).mtimeMs);
    });
}

const child = spawn(process.execPath, [join(root, 'dist/lib/main.js'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches the demo too, which takes its time to clear up: wait for it. Other signals reach only us.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (status, signal) => {
  process.exit(status ?? 128 + (constants.signals[signal] ?? 0));
});
