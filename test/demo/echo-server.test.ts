// The endpoint program on loopback: it answers with its name and logs whom it answered.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type LineReader, readLines } from '../../lib/demo/line-reader.js';
import { answererOf, parseReplies } from '../../lib/demo/reply.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { systemExec } from '../../lib/proxier/exec.js';

const programs = {
  server: fileURLToPath(new URL('../../lib/demo/echo-server.js', import.meta.url)),
  ask: fileURLToPath(new URL('../../lib/demo/ask.js', import.meta.url)),
};

async function start(
  test: Test,
  protocol: string,
): Promise<{ readonly log: LineReader; readonly here: string }> {
  const child: ChildProcess = spawn(process.execPath, [programs.server, protocol, 'web', '127.0.0.1', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.teardown(() => child.kill());
  if (child.stdout === null) throw new Error('no pipe');
  const log = readLines(child.stdout, systemClock);
  const ready = await log.waitFor((line) => line.startsWith('ready '), 10_000);
  return { log, here: ready?.slice('ready '.length) ?? '' };
}

for (const [protocol, scheme] of [
  ['TCP', 'http'],
  ['UDP', 'udp'],
] as const) {
  t.test(`${protocol}: the answer and the log name the endpoint and the client`, async (t) => {
    const { log, here } = await start(t, protocol);
    t.match(here, /^127\.0\.0\.1:\d+$/);
    const asked = await systemExec(process.execPath, [programs.ask, `${scheme}://${here}/42`]);
    const [reply] = parseReplies(asked.stdout);
    if (reply === undefined || !('text' in reply)) throw new Error(`no answer: ${asked.stdout}`);
    t.match(reply.text, ` says web at ${here}`);
    t.equal(answererOf(reply), here);
    t.ok(await log.waitFor((line) => line === `answered /42 to 127.0.0.1:${reply.clientPort}`, 5_000));
  });
}

t.test('an address that is not there ends it, with a reason', async (t) => {
  const argv = [programs.server, 'TCP', 'web', '192.0.2.1', '8080'];
  const result = await systemExec(process.execPath, argv);
  t.match(result, { status: 1, stderr: /web at 192\.0\.2\.1:8080: .*EADDRNOTAVAIL/ });
});
