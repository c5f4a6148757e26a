// scripts/steps.mjs: the steps that build, test and demo share. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command from the project's root with our output; ends this process with its status when it fails. */
export function run(command, args, options = {}) {
  const path = command.startsWith('node_modules/') ? join(root, command) : command;
  const result = spawnSync(path, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) {
    console.error(`${command}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result;
}

/** `npm ci` where node_modules is missing or older than the lock file. */
export function ensureModules() {
  const stamp = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('installing npm packages (npm ci)');
  run('npm', ['ci', '--no-fund', '--no-audit']);
}

/** Compiles to an empty dist/, so that a test whose source is gone can't run on. */
export function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('node_modules/.bin/tsc', ['-p', '.']);
}

// An ordinary user's PATH may lack the sbin directories, which is where these programs are.
const searchPath = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isInstalled(program) {
  return searchPath.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const packageOf = {
  iptables: 'iptables',
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  unshare: 'util-linux',
  curl: 'curl',
  sysctl: 'procps',
};

/**
 * Debian packages for the given programs: installed when we are root, else the exact command is printed and this
 * process ends with status 1.
 */
export function ensureSystemPackages(programs) {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[program] ?? program))];
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) {
    console.error(`Missing: ${missing.join(', ')}. Install with:\n\n  sudo sh -c '${install}'\n`);
    process.exit(1);
  }
  console.error(`installing Debian packages: ${packages.join(' ')}`);
  run('sh', ['-c', `(${install}) >&2`], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
