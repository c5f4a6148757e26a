// Running another program: what comes back, and which failures are told apart.
import t from 'tap';
import {
  ExecError,
  isExecTimeout,
  isMissingProgram,
  systemExec,
  withSystemFolders,
} from '../../lib/proxier/exec.js';

t.test('input goes in; status, stdout and stderr come back', async (t) => {
  const result = await systemExec('sh', ['-c', 'cat; echo two >&2; exit 3'], { input: 'one' });
  t.same(result, { status: 3, stdout: 'one', stderr: 'two\n' });
});

t.test('without input, stdin is at its end', async (t) => {
  t.same(await systemExec('cat', []), { status: 0, stdout: '', stderr: '' });
});

t.test('a large input and a large output pass whole', async (t) => {
  const input = 'a line of some length, é included\n'.repeat(100_000);
  const { stdout } = await systemExec('cat', [], { input });
  t.equal(stdout.length, input.length);
  t.ok(stdout === input);
});

t.test('a program that ends without reading its input is no error', async (t) => {
  const result = await systemExec('true', [], { input: 'x'.repeat(1_000_000) });
  t.equal(result.status, 0);
});

t.test('a missing program is told apart', async (t) => {
  const err = await systemExec('no-such-program', []).catch((failure: unknown) => failure);
  t.ok(isMissingProgram(err));
  t.notOk(isExecTimeout(err));
  t.match(err, { name: 'ExecError', message: /no-such-program.*ENOENT/, cause: { code: 'ENOENT' } });
});

t.test('a program that lasts too long is killed, also if something else holds its output open', async (t) => {
  const started = performance.now();
  const running = systemExec('sh', ['-c', 'sleep 20 & sleep 20'], { timeoutMs: 100 });
  const err = await running.catch((failure: unknown) => failure);
  t.ok(isExecTimeout(err), String(err));
  t.notOk(isMissingProgram(err));
  t.ok(performance.now() - started < 10_000);
});

t.test('death by a signal has no status, so it is an error', async (t) => {
  const err = await systemExec('sh', ['-c', 'kill -KILL $$']).catch((failure: unknown) => failure);
  t.ok(err instanceof ExecError && err.reason === 'signal', String(err));
});

t.test('the environment is this process’s own, with additions', async (t) => {
  const { stdout } = await systemExec('sh', ['-c', 'echo "$HOME $EXTRA"'], { env: { EXTRA: 'more' } });
  t.equal(stdout, `${process.env.HOME ?? ''} more\n`);
});

t.test('programs of the system folders are found when PATH lacks them', async (t) => {
  t.equal(withSystemFolders('/usr/bin:/bin'), '/usr/bin:/bin:/usr/sbin:/sbin');
  t.equal(withSystemFolders('/sbin:/opt/bin:/usr/sbin'), '/sbin:/opt/bin:/usr/sbin');
  t.match(withSystemFolders(undefined), /\/usr\/bin.*\/usr\/sbin/);
  const result = await systemExec('ip', ['-V'], { env: { PATH: '/nowhere' } });
  t.equal(result.status, 0);
});
