// What holders promise: any user may start one, a refusal is explained, and nothing is ever left behind.
import { spawn } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { systemExec } from '../../lib/proxier/exec.js';

const built = fileURLToPath(new URL('../../', import.meta.url));

interface TrialReport {
  readonly uid: number;
  readonly uidInside: string;
  readonly addresses: string;
  readonly rules: number;
  readonly pids: readonly number[];
  readonly command: readonly string[];
}

/** One that ended but was not waited for (a zombie) is gone: whoever adopted it reaps it when it likes. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

async function allEnd(pids: readonly number[]): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const running = await Promise.all(pids.map(isRunning));
    if (!running.includes(true)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Runs the trial program as `prefix` says, from `folder` (laid out as dist/). */
async function runTrial(folder: string, prefix: readonly string[]): Promise<TrialReport> {
  const [file = '', ...args] = [
    ...prefix,
    process.execPath,
    join(folder, 'test/support/namespace-trial.js'),
    pathToFileURL(join(folder, 'lib/demo/namespaces.js')).href,
  ];
  const result = await systemExec(file, args, { env: { HOME: '/tmp', PATH: '/usr/bin:/bin' } });
  if (result.status !== 0) throw new Error(`trial as another user: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** A copy that any user can read: this project may be in somebody's home. */
async function publicCopy(test: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-trial-'));
  test.teardown(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const part of ['lib/demo', 'lib/proxier', 'lib/model', 'test/support']) {
    await cp(join(built, part), join(folder, part), { recursive: true });
  }
  return folder;
}

t.test('an ordinary user can make and connect namespaces, with a PATH that lacks sbin', async (t) => {
  const isRoot = process.getuid?.() === 0;
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const report = await runTrial(await publicCopy(t), isRoot ? asNobody : []);
  t.not(report.uid, 0);
  t.equal(report.uidInside, '0');
  t.match(report.addresses, '10.1.0.1/24');
  t.match(report.addresses, 'fd01::1/64');
  t.equal(report.rules, 0, 'iptables-legacy works inside');
  t.ok(report.command.includes('--user'), report.command.join(' '));
  t.ok(await allEnd(report.pids));
});

t.test('refused user namespaces are explained, with the way to allow them', async (t) => {
  // Inside a user namespace of our own, the limit can be set to none without touching the machine's.
  const folder = await publicCopy(t);
  const none = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
  const trial = runTrial(folder, [
    'unshare',
    '--user',
    '--map-user=1000',
    '--keep-caps',
    'sh',
    '-c',
    none,
    'sh',
  ]);
  await t.rejects(trial, { message: /make a network namespace: .*sysctl -w user\.max_user_namespaces=\d+/ });
});

t.test('nothing is left when the process that made a namespace is killed', async (t) => {
  const args = [
    join(built, 'test/support/namespace-trial.js'),
    pathToFileURL(join(built, 'lib/demo/namespaces.js')).href,
    'hold',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
  const report: TrialReport = JSON.parse(line.toString());
  t.equal(report.pids.length, 3);
  for (const pid of report.pids) t.ok(await isRunning(pid), `${pid} runs`);
  child.kill('SIGKILL');
  t.ok(await allEnd(report.pids));
});
