// The demo itself, with a real kernel: as root, as an ordinary user, with the rules withheld, and kept running.
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemExec } from '../../lib/proxier/exec.js';
import { type DemoRun, isGone, leftoversOf, pidsIn, runDemo } from '../support/demo-run.js';

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
const isRoot = process.getuid?.() === 0;

/** The table at the end: one line a claim. */
function tableOf({ stdout: { lines } }: DemoRun): readonly string[] {
  const start = lines.indexOf('What was claimed, and what showed it');
  return lines.slice(start + 1).filter((line) => /^ {2}[✓✗] /.test(line));
}

async function expectSuccess(t: Test, run: DemoRun): Promise<void> {
  t.equal(await run.end, 0);
  const table = tableOf(run);
  t.ok(table.length >= 30, `${table.length} claims`);
  for (const line of table) t.match(line, /^ {2}✓ /);
  t.match(run.stdout.lines.at(-1), /^All of it happened/);
  t.same(run.stderr.lines, []);
  t.same(await leftoversOf(run), []);
  for (const pid of pidsIn(run)) t.ok(await isGone(pid), `${pid}`);
}

t.test('all that the demo claims happens, and its evidence is real', async (t) => {
  const run = runDemo(t, []);
  await expectSuccess(t, run);
  const text = run.stdout.lines.join('\n');
  t.match(text, /-A KUBE-PORTALS-CONTAINER -d 10\.96\.0\.80\/32 -p tcp .*\n? *.*-j REDIRECT --to-ports \d+/);
  t.match(text, /src=10\.244\.0\.2 dst=10\.96\.0\.80 sport=\d+ dport=80/);
  t.match(text, /ECONNREFUSED/);
  t.notMatch(text, '\u001b', 'no colour where no terminal is');
  for (const line of run.stdout.lines) t.ok(line.length <= 100, line);
});

/** Why an ordinary user may not have namespaces here; false: no reason. */
async function userNamespaceRefusal(): Promise<string | false> {
  const [file = '', ...args] = [
    ...(isRoot ? asNobody : []),
    'unshare',
    '--user',
    '--map-root-user',
    '--net',
    'true',
  ];
  const { status, stderr } = await systemExec(file, args);
  return status === 0 ? false : `user namespaces are not permitted: ${stderr.trim()}`;
}

t.test('an ordinary user can run it as well', { skip: await userNamespaceRefusal() }, async (t) => {
  const folder = await publicCopy(t);
  const prefix = isRoot ? asNobody : [];
  const run = runDemo(t, [], {
    prefix,
    program: join(folder, 'dist/lib/main.js'),
    temporary: join(folder, 'tmp'),
  });
  await expectSuccess(t, run);
  t.match(run.stdout.lines.join('\n'), 'owned by an ordinary user');
});

t.test('--break rules: it fails, and says where the packets went', async (t) => {
  const run = runDemo(t, ['--break', 'rules']);
  t.equal(await run.end, 1);
  const text = run.stdout.lines.join(' ').replaceAll(/\s+/g, ' ');
  t.match(text, 'Lost before the listener: no rule in the nat table captures 10.96.0.80:80.');
  t.match(
    text,
    /it took the default route and left the node: [1-9]\d* packets for a ClusterIP came to the gateway/,
  );
  t.match(text, /✗ web: rules steer 10\.96\.0\.80:80 there there is none/);
  t.match(text, 'warn: our rules were changed by somebody else');
  t.match(run.stdout.lines.at(-1), /^Not all of it happened/);
  t.same(await leftoversOf(run), []);
});

t.test('--keep: the printed command works; Ctrl-C ends it, and nothing stays', async (t) => {
  const run = runDemo(t, ['--keep']);
  const directory = await run.stdout.waitFor(
    (line) => line.endsWith('/manifests') && line.startsWith('/'),
    40_000,
  );
  t.ok(directory);
  const commands = run.stdout.lines.filter((line) => line.startsWith('nsenter') && line.includes(' curl '));
  t.equal(commands.length, 2);
  for (const command of commands) {
    const curl = await systemExec('sh', ['-c', command]);
    t.match(curl, { status: 0, stdout: /^hello, says web at 10\.244\.0\.\d+:8080\n$/ });
  }
  run.child.kill('SIGINT');
  t.equal(await run.end, 0, 'all had happened');
  t.same(await leftoversOf(run), []);
  const pids = pidsIn(run);
  t.ok(pids.length >= 4, 'holders and proxies');
  for (const pid of pids) t.ok(await isGone(pid), `${pid}`);
});

t.test('npm run demo passes arguments and exit status on', async (t) => {
  const result = await systemExec(process.execPath, ['scripts/demo.mjs', '--no-such-flag'], {
    timeoutMs: 60_000,
  });
  t.equal(result.status, 2);
  t.match(result.stderr, /--no-such-flag/);
});

/** A copy that any user can read and write to: this project may be in somebody's home. */
async function publicCopy(test: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-copy-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  for (const part of ['dist/lib', 'examples/demo']) {
    await cp(part, join(folder, part), { recursive: true });
  }
  const manifest: { dependencies: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  // Large, and loaded only where a cluster is the source.
  const { '@kubernetes/client-node': _unused, ...dependencies } = manifest.dependencies;
  for (const name of closureOf(Object.keys(dependencies))) {
    await cp(join('node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  await cp(test.testdir({}), join(folder, 'tmp'), { recursive: true });
  await chmod(join(folder, 'tmp'), 0o777);
  return folder;
}

/** Packages with all they need, of those that lie directly in node_modules. */
function closureOf(names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const text = readFileSync(join('node_modules', name, 'package.json'), 'utf8');
    const { dependencies = {} }: { dependencies?: Record<string, string> } = JSON.parse(text);
    for (const needed of Object.keys(dependencies)) add(needed);
  };
  for (const name of names) add(name);
  return found;
}
