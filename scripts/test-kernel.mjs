// scripts/test-kernel.mjs: `npm run test:kernel`. Boots Debian's kernel, which has SCTP, in a virtual machine that sees this
// machine's file system (read-only) and no network, runs test/kernel/guest-tests.ts there, and ends with one line of
// counts. `--if-possible`: status 0 where the packages it takes can't be installed. `--no-build`: dist/ is new.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, ensureModules, root, run } from './steps.mjs';

const packages = [
  'qemu-system-x86',
  'seabios',
  'busybox-static',
  'cpio',
  'kmod',
  'gcc',
  'libc6-dev',
  'libsctp-dev',
  'linux-libc-dev',
  'iptables',
  'iproute2',
  'conntrack',
  'curl',
];
/** It takes a minute, or several on a machine that has other things to do. */
const bootTimeoutMs = 300_000;
/** Of one command. */
const fetchTimeoutMs = 180_000;

/** Says why not, and ends this process: with status 0 where that was allowed for. */
function giveUp(why) {
  console.log(`kernel tests not run: ${why}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(process.argv.includes('--if-possible') ? 0 : 1);
}

function quietly(command, args, options = {}) {
  return spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    timeout: fetchTimeoutMs,
    ...options,
  });
}

function must(what, command, args, options) {
  const { status, error, stderr } = quietly(command, args, options);
  if (status === 0) return;
  throw new Error(`${what}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
}

/** From Debian's mirrors, which may be out of reach. */
function fetched(what, command, args, options) {
  try {
    must(what, command, args, options);
  } catch (error) {
    giveUp(error.message);
  }
}

function installPackages() {
  if (process.arch !== 'x64') giveUp(`no kernel for ${process.arch} is prepared`);
  const query = spawnSync('dpkg-query', ['-W', `-f=\${Package} \${db:Status-Abbrev}\n`, ...packages], {
    encoding: 'utf8',
  });
  if (query.error) giveUp('this is not Debian');
  const missing = packages.filter((name) => !new RegExp(`^${name} ii`, 'm').test(query.stdout));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) giveUp(`not root, and these packages are missing: ${missing.join(' ')}`);
  console.error(`installing Debian packages: ${missing.join(' ')}`);
  quietly('apt-get', ['update']);
  fetched('apt-get install', 'apt-get', ['install', '-y', '--no-install-recommends', ...missing]);
}

/** Debian's kernel, unpacked below `folder`; it is not installed here. Kept from one run to the next. */
function fetchKernel(folder) {
  const unpacked = join(folder, 'kernel');
  if (existsSync(join(folder, 'initrd.img'))) return;
  mkdirSync(unpacked, { recursive: true });
  quietly('apt-get', ['update']);
  const depends = spawnSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends.stdout)?.[1];
  if (name === undefined) giveUp('apt knows no linux-image-amd64');
  console.error(`fetching ${name}`);
  fetched('apt-get download', 'apt-get', ['download', name], { cwd: folder });
  const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) giveUp(`apt-get download ${name} left no package`);
  must('dpkg-deb', 'dpkg-deb', ['-x', file, unpacked], { cwd: folder });
  rmSync(join(folder, file));
  must('the initrd', 'bash', [join(root, 'test/kernel/make-initrd.sh'), folder]);
}

function oneIn(folder, pattern) {
  const found = readdirSync(folder, { recursive: true }).find((entry) => pattern.test(entry));
  if (found === undefined) throw new Error(`${folder} has nothing like ${pattern}`);
  return join(folder, found);
}

function qemuArguments(folder, peer) {
  const kernel = oneIn(join(folder, 'kernel'), /(^|\/)boot\/vmlinuz-[^/]+$/);
  const modules = dirname(dirname(oneIn(join(folder, 'kernel'), /lib\/modules\/[^/]+\/modules\.order$/)));
  const share = (path, tag) =>
    `local,path=${path},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`;
  // Emulated: what KVM makes of a machine that is a guest itself can't be told beforehand, and a kernel boots in 6 s.
  return [
    ...['-machine', 'pc', '-accel', 'tcg,thread=multi', '-cpu', 'qemu64', '-smp', '2', '-m', '2048'],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot', '-nic', 'none'],
    ...['-kernel', kernel, '-initrd', join(folder, 'initrd.img'), '-device', 'virtio-rng-pci'],
    ...['-virtfs', share('/', 'host'), '-virtfs', share(modules, 'modules')],
    '-append',
    `console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable lpj=4000000 audit=0 random.trust_cpu=on project=${root} peer=${peer} path=${dirname(process.execPath)} job=${join(root, 'test/kernel/guest.sh')}`,
  ];
}

/** Runs the guest to its end, and shows its tests. */
async function runGuest(args) {
  const counts = { passed: 0, failed: 0, isDone: false };
  const guest = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => guest.kill('SIGKILL'), bootTimeoutMs);
  const stop = () => guest.kill('SIGKILL');
  process.once('exit', stop);
  const ended = new Promise((resolve) => guest.once('exit', resolve));
  for await (const raw of createInterface({ input: guest.stdout })) {
    const line = raw.replaceAll('\r', '');
    // One level deep are the assertions, as in scripts/test.mjs.
    const point = /^ {4}(not )?ok \d+/.exec(line);
    if (point?.[1]) counts.failed += 1;
    else if (point) counts.passed += 1;
    if (/^guest: done with status 0\b/.test(line)) counts.isDone = true;
    if (line.trim() !== '') console.log(line);
  }
  await ended;
  clearTimeout(timer);
  process.off('exit', stop);
  return counts;
}

installPackages();
ensureModules();
if (!process.argv.includes('--no-build')) build();
const cache = process.env.KUBE_PORTAL_KERNEL ?? join(tmpdir(), 'kube-portal-kernel');
fetchKernel(cache);
const peer = join(root, 'dist/test/kernel/kernel-peer');
run('gcc', ['-O2', '-o', peer, 'test/kernel/kernel-peer.c', '-lpthread']);
const { passed, failed, isDone } = await runGuest(qemuArguments(cache, peer));
const lost = isDone ? 0 : 1;
if (lost) console.log('the tests in the guest have failed, or the guest ended before they did');
console.log(`${passed} passed, ${failed + lost} failed`);
process.exit(failed + lost > 0 || passed === 0 ? 1 : 0);
