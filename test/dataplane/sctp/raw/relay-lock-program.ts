// dataplane/sctp/raw/relay-lock-program.ts: run inside a namespace by relay-lock.test.ts. With the argument `take`: takes the
// lock, says so, and waits to be killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { takeRelayLock } from '../../../../lib/dataplane/sctp/raw/relay-lock.js';
import { eventually } from '../../../support/eventually.js';
import { descriptorsOf } from './inside.js';

if (process.argv[2] === 'take') {
  takeRelayLock(descriptorsOf());
  process.stdout.write('taken\n');
  setTimeout(() => {}, 60_000);
} else await test();

async function another(command: readonly string[] = []): Promise<ChildProcess> {
  const [file = '', ...argv] = [...command, process.execPath, new URL(import.meta.url).pathname, 'take'];
  const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('no output');
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
  if (line !== 'taken') throw new Error(`the other process said ${line}`);
  return child;
}

async function test(): Promise<void> {
  const { default: t } = await import('tap');

  t.test('one at a time has it, and who fails leaves nothing open', async (t) => {
    const descriptors = descriptorsOf();
    const fd = takeRelayLock(descriptors);
    const open = readdirSync('/proc/self/fd').length;
    t.throws(() => takeRelayLock(descriptors), { code: 'EADDRINUSE', message: /another relay runs/ });
    t.equal(readdirSync('/proc/self/fd').length, open);
    descriptors.close(fd);
    descriptors.close(takeRelayLock(descriptors));
  });

  t.test('another process has it until it is gone, however it ends', async (t) => {
    const descriptors = descriptorsOf();
    const other = await another();
    t.throws(() => takeRelayLock(descriptors), { code: 'EADDRINUSE' });
    other.kill('SIGKILL');
    await eventually('it is free again', () => {
      descriptors.close(takeRelayLock(descriptors));
      return true;
    });
  });

  t.test('another network namespace has one of its own', async (t) => {
    const descriptors = descriptorsOf();
    const other = await another(['unshare', '--net', '--']);
    t.teardown(() => void other.kill('SIGKILL'));
    descriptors.close(takeRelayLock(descriptors));
    t.pass('both have it');
  });
}
