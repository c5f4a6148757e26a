// scripts/steps.mjs: the steps that build, test and demo share. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
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

/** `what`: a program's name, or the path of a file. */
function isInstalled(what) {
  if (isAbsolute(what)) return existsSync(what);
  return searchPath.some((directory) => {
    try {
      accessSync(join(directory, what), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// For machines of the other kind than this one.
const foreign =
  process.arch === 'arm64'
    ? { triple: 'x86_64-linux-gnu', compiler: 'gcc-x86-64-linux-gnu', headers: 'libc6-dev-amd64-cross' }
    : { triple: 'aarch64-linux-gnu', compiler: 'gcc-aarch64-linux-gnu', headers: 'libc6-dev-arm64-cross' };

/** C compilers and the headers they need: glibc's for both kinds of machine that we know, musl's for this one. */
export const cCompilers = [
  'gcc',
  '/usr/include/errno.h',
  `${foreign.triple}-gcc`,
  `/usr/${foreign.triple}/include/errno.h`,
  'musl-gcc',
];

const packageOf = {
  iptables: 'iptables',
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  unshare: 'util-linux',
  curl: 'curl',
  sysctl: 'procps',
  nginx: 'nginx libnginx-mod-stream',
  '/usr/include/errno.h': 'libc6-dev',
  [`${foreign.triple}-gcc`]: foreign.compiler,
  [`/usr/${foreign.triple}/include/errno.h`]: foreign.headers,
  'musl-gcc': 'musl-tools',
  gcc: 'gcc libc6-dev',
  '/usr/include/usrsctp.h': 'libusrsctp-dev',
};

/** What the SCTP peers on usrsctp are compiled with (test/support/usrsctp.ts). */
export const usrsctpNeeds = ['gcc', '/usr/include/usrsctp.h'];

/**
 * Debian packages for the given programs (or files): installed when we are root, else the exact command is printed and
 * this process ends with status 1. Without those in `wanted` it goes on where it can't install them, and says what of.
 */
export function ensureSystemPackages(programs, wanted = { programs: [], lost: '' }) {
  const needed = programs.filter((program) => !isInstalled(program));
  const missing = [...needed, ...wanted.programs.filter((program) => !isInstalled(program))];
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[program] ?? program))];
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() === 0 && (needed.length > 0 || isInstalled('apt-get'))) {
    console.error(`installing Debian packages: ${packages.join(' ')}`);
    run('sh', ['-c', `(${install}) >&2`], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return;
  }
  const consequence = needed.length > 0 ? '' : ` (${wanted.lost})`;
  console.error(`Missing: ${missing.join(', ')}${consequence}. Install with:\n\n  sudo sh -c '${install}'\n`);
  if (needed.length > 0) process.exit(1);
}
