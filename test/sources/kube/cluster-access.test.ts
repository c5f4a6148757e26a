import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import t from 'tap';
import { createClusterAccess } from '../../../lib/sources/kube/cluster-access.js';
import { temporaryFolder } from '../../support/kube-trial.js';

function config(server: string, user: object, cluster: object = {}): KubeConfig {
  const made = new KubeConfig();
  made.loadFromString(
    JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: { server, ...cluster } }],
      users: [{ name: 'x', user }],
    }),
  );
  return made;
}

const never = () => Promise.reject<KubeConfig>(new Error('not asked for'));
const authorization = async (access: ReturnType<typeof createClusterAccess>) =>
  (await access.requestOptions()).headers;

t.test('credentials are loaded again on demand, not by themselves', async (t) => {
  const loads: string[] = [];
  const access = createClusterAccess(config('https://k', { token: 'one' }), async () => {
    loads.push('load');
    return config('https://k', { token: 'two' });
  });
  t.strictSame(await authorization(access), { Authorization: 'Bearer one' });
  t.strictSame(await authorization(access), { Authorization: 'Bearer one' });
  access.refresh();
  access.refresh();
  t.strictSame(await authorization(access), { Authorization: 'Bearer two' });
  t.strictSame(await authorization(access), { Authorization: 'Bearer two' });
  t.equal(loads.length, 1);
});

t.test('a configuration that can not be loaded again is tried again next time', async (t) => {
  let works = false;
  const access = createClusterAccess(config('https://k', { token: 'one' }), async () => {
    if (!works) throw new Error('half written');
    return config('https://k', { token: 'two' });
  });
  access.refresh();
  await t.rejects(access.requestOptions(), { message: 'half written' });
  works = true;
  t.strictSame(await authorization(access), { Authorization: 'Bearer two' });
});

t.test(
  'a token file that was replaced is read after a refusal, without waiting for its minute',
  async (t) => {
    const tokenFile = path.join(await temporaryFolder(t), 'token');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    await writeFile(tokenFile, 'one\n');
    const access = createClusterAccess(config('https://k', user), async () => config('https://k', user));
    t.strictSame(await authorization(access), { Authorization: 'Bearer one' });
    await writeFile(tokenFile, 'two');
    access.refresh();
    t.strictSame(await authorization(access), { Authorization: 'Bearer two' });
  },
);

t.test('a credential plugin that fails is named, and asked again', async (t) => {
  const folder = await temporaryFolder(t);
  const marker = path.join(folder, 'works');
  const script = `test -e ${marker} || { echo no login >&2; exit 3; }; echo '{"status":{"token":"t"}}'`;
  const user = { exec: { command: 'sh', args: ['-c', script] } };
  const access = createClusterAccess(config('https://k', user), async () => config('https://k', user));
  await t.rejects(access.requestOptions(), { message: /credentials for https:\/\/k: no login/ });
  await writeFile(marker, '');
  t.strictSame(await authorization(access), { Authorization: 'Bearer t' });
});

t.test('a plugin that prints nonsense, or does not exist, is an error and no more', async (t) => {
  for (const exec of [
    { command: 'sh', args: ['-c', 'echo hello'] },
    { command: 'sh', args: ['-c', 'echo {}'] },
    { command: '/no/such/program' },
  ]) {
    const user = { exec };
    const access = createClusterAccess(config('https://k', user), async () => config('https://k', user));
    await t.rejects(access.requestOptions(), { message: /credentials for https:\/\/k: / });
    await t.rejects(access.requestOptions(), { message: /credentials for https:\/\/k: / });
  }
});

t.test('no credentials go over plain HTTP', async (t) => {
  const access = createClusterAccess(config('http://127.0.0.1:8001', { token: 'one' }), never);
  t.strictSame(await access.requestOptions(), {});
  const proxied = config('http://k', { token: 'one' }, { 'proxy-url': 'http://127.0.0.1:3128' });
  const options = await createClusterAccess(proxied, never).requestOptions();
  t.strictSame(Object.keys(options), ['agent']);
});

t.test('a proxy-url brings its own agent', async (t) => {
  const proxied = config('https://k', { token: 'one' }, { 'proxy-url': 'http://127.0.0.1:3128' });
  const options = await createClusterAccess(proxied, never).requestOptions();
  t.ok(options.agent);
  t.match(options.headers, { Authorization: 'Bearer one' });
});
