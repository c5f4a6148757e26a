// The admin socket: who may open it, and what is done with one that is there already.
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import t, { type Test } from 'tap';
import { AdminError, adminClient } from '../../lib/admin/client.js';
import { startAdminServer } from '../../lib/admin/server.js';
import { silentLog } from '../../lib/proxier/log.js';

const app = new Hono().get('/v1/process', (context) => context.json({ pid: 7 }));

async function placeFor(test: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-admin-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'made', 'admin.sock');
}

t.test('answers its owner alone, and is gone when it is closed', async (t) => {
  const path = await placeFor(t);
  const server = await startAdminServer({ path, app, log: silentLog });
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal((await stat(join(path, '..'))).mode & 0o777, 0o700, 'in a folder of its own');
  t.match(await adminClient(path).process(), { pid: 7 });
  await server.close();
  await server.close();
  await t.rejects(stat(path), { code: 'ENOENT' });
});

t.test('a dead process leaves its socket: it is replaced', async (t) => {
  const path = await placeFor(t);
  const first = await startAdminServer({ path, app, log: silentLog });
  await first.close();
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ['-e', program]);
  t.ok((await stat(path)).isSocket(), 'left behind');
  await t.rejects(adminClient(path).process(), new AdminError('absent', `no kube-portal answers at ${path}`));
  const server = await startAdminServer({ path, app, log: silentLog });
  t.equal(server.failure, undefined);
  t.match(await adminClient(path).process(), { pid: 7 });
  await server.close();
});

t.test('a socket that answers is left to its owner', async (t) => {
  const path = await placeFor(t);
  const first = await startAdminServer({ path, app, log: silentLog });
  const second = await startAdminServer({ path, app: new Hono(), log: silentLog });
  t.match(second.failure?.message, /another process answers there/);
  await second.close();
  t.match(await adminClient(path).process(), { pid: 7 }, 'the first one still answers');
  await first.close();
});

t.test('what is no socket is left alone', async (t) => {
  const path = await placeFor(t);
  const first = await startAdminServer({ path, app, log: silentLog });
  await first.close();
  await writeFile(path, 'precious');
  await chmod(path, 0o644);
  const server = await startAdminServer({ path, app, log: silentLog });
  t.match(server.failure?.message, /no socket/);
  t.equal((await stat(path)).size, 8);
  await server.close();
});

t.test('a client tells an answer from none', async (t) => {
  const path = await placeFor(t);
  await t.rejects(adminClient(path).process(), { name: 'AdminError', reason: 'absent' });
  const server = await startAdminServer({ path, app, log: silentLog });
  await t.rejects(adminClient(path).services(), { name: 'AdminError', reason: 'other' }, 'a 404');
  await server.close();
  const garbage = createServer((socket) => socket.end('what?')).listen(path);
  t.teardown(() => garbage.close());
  await t.rejects(adminClient(path).process(), { name: 'AdminError', reason: 'other' });
});
