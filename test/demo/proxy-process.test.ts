// The proxy as a process: started when it says so, killed, heard. A small program stands in for it.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { createProxyProcess, levelOfLine, messageOf } from '../../lib/demo/proxy-process.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

const forwards = `
const say = (line) => process.stderr.write(line + '\\n');
say(JSON.stringify({ level: 'info', msg: 'starts', argv: process.argv.slice(2), path: process.env.PATH }));
say(JSON.stringify({ level: 'warn', msg: 'careful' }));
say(JSON.stringify({ level: 'info', msg: 'forwarding' }));
setInterval(() => {}, 1000);
`;

async function make(test: Test, program: string, options: { pathPrefix?: string; mirror?: Log } = {}) {
  const directory = test.testdir({ 'program.js': program });
  const node = await createNamespace('node');
  test.teardown(() => node.close());
  return createProxyProcess({
    node,
    program: join(directory, 'program.js'),
    args: ['--manifests', '/m'],
    clock: systemClock,
    mirror: silentLog,
    ...options,
  });
}

t.test('it is started with its arguments, killed, and started again', async (t) => {
  const proxy = await make(t, forwards, { pathPrefix: '/stand-ins' });
  t.equal(proxy.pid, 0);
  await proxy.start();
  const first = proxy.pid;
  t.match(JSON.parse(proxy.log[0] ?? ''), { argv: ['run', '--manifests', '/m'], path: /^\/stand-ins:/ });
  await proxy.kill();
  await proxy.kill();
  t.throws(() => process.kill(first, 0), 'gone');
  await proxy.start();
  t.not(proxy.pid, first);
  t.equal(proxy.log.filter((line) => messageOf(line) === 'forwarding').length, 2, 'one log over both lives');
});

t.test('one that ends instead is an error, with what it said', async (t) => {
  const proxy = await make(t, "process.stderr.write('no such file'); process.exit(1);");
  await t.rejects(proxy.start(), { message: /did not come to forward.*no such file/s });
});

t.test('its lines are passed on at their level', async (t) => {
  const heard: string[] = [];
  const hear = (level: string) => (_fields: unknown, message?: unknown) => heard.push(`${level} ${message}`);
  const mirror: Log = { ...silentLog, info: hear('info'), warn: hear('warn') } as Log;
  const proxy = await make(t, forwards, { mirror });
  await proxy.start();
  t.same(heard, ['info run: starts', 'warn run: careful', 'info run: forwarding']);
});

t.test('a line of the log is read as JSON, or not at all', async (t) => {
  const line = '{"level":"warn","msg":"careful"}';
  t.same([levelOfLine(line), messageOf(line)], ['warn', 'careful']);
  for (const other of ['Error: x', '7', 'null', '{"level":3}']) {
    t.same([levelOfLine(other), messageOf(other)], [undefined, undefined], other);
  }
});
