// The demo itself, with a real kernel: as it is, with the rules withheld, and kept running. As an ordinary user:
// demo-rootless.test.ts.
import t from 'tap';
import { systemExec } from '../../lib/proxier/exec.js';
import { expectSuccess, isGone, leftoversOf, pidsIn, runDemo } from '../support/demo-run.js';

t.test('all that the demo claims happens, and its evidence is real', async (t) => {
  const run = runDemo(t, []);
  await expectSuccess(t, run);
  const dataPlane = /kubeportal_data_plane_info\{kind="linux",reason="its self-test passed"\} 1/;
  const text = run.stdout.lines.join('\n');
  t.match(text, /-A KUBE-PORTALS-CONTAINER -d 10\.96\.0\.80\/32 -p tcp .*\n? *.*-j REDIRECT --to-ports \d+/);
  t.match(text, /src=10\.244\.0\.2 dst=10\.96\.0\.80 sport=\d+ dport=80/);
  t.match(text, /ECONNREFUSED/);
  t.match(text, dataPlane);
  t.match(text, /✓ pod → signal: associations end to end +\d relayed/, 'SCTP as well');
  t.notMatch(text, '\u001b', 'no colour where no terminal is');
  for (const line of run.stdout.lines) t.ok(line.length <= 100, line);
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
  t.notMatch(result.stderr, /building/, 'what is built is not built again');
});
