// However the demo ends, it says how it went by its exit status and leaves nothing behind.
import { join } from 'node:path';
import t from 'tap';
import { isGone, leftoversOf, pidsIn, runDemo } from '../support/demo-run.js';

const isFirstClaim = (line: string) => line.includes('it has a listener');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} in the middle: status 130, no process and no file stays`, async (t) => {
    const run = runDemo(t, []);
    t.ok(await run.stdout.waitFor(isFirstClaim, 30_000));
    run.child.kill(signal);
    t.equal(await run.end, 130);
    t.notMatch(run.stdout.lines.join('\n'), /[✗]|happened/, 'no verdict on what was cut short');
    t.same(run.stderr.lines, []);
    t.same(await leftoversOf(run), []);
    const pids = pidsIn(run);
    t.ok(pids.length > 0);
    for (const pid of pids) t.ok(await isGone(pid), `${pid}`);
  });
}

t.test('SIGKILL: no process stays', async (t) => {
  const run = runDemo(t, []);
  t.ok(await run.stdout.waitFor(isFirstClaim, 30_000));
  const pids = pidsIn(run);
  t.ok(pids.length > 0);
  run.child.kill('SIGKILL');
  t.equal(await run.end, 'SIGKILL');
  for (const pid of pids) t.ok(await isGone(pid), `${pid}`);
});

t.test('a reader that goes away (| head) ends it', async (t) => {
  const run = runDemo(t, []);
  t.ok(await run.stdout.waitFor(isFirstClaim, 30_000));
  const pids = pidsIn(run);
  run.child.stdout?.destroy();
  t.equal(await run.end, 130);
  t.same(await leftoversOf(run), []);
  for (const pid of pids) t.ok(await isGone(pid), `${pid}`);
});

t.test('when it can not even start, it says why', async (t) => {
  const temporary = join(t.testdir(), 'missing');
  const run = runDemo(t, [], { temporary });
  t.equal(await run.end, 1);
  t.match(run.stderr.lines.join('\n'), /^kube-portal demo: .*missing/);
});

t.test('with -v it logs what goes on behind the scenes, the proxy included', async (t) => {
  const run = runDemo(t, ['-v=2', '--logging-format=json']);
  t.ok(await run.stdout.waitFor(isFirstClaim, 30_000));
  run.child.kill('SIGINT');
  await run.end;
  const messages = run.stderr.lines.map((line) => JSON.parse(line).msg);
  t.ok(messages.includes('network namespace made'));
  t.ok(messages.includes('run: forwarding'));
});
