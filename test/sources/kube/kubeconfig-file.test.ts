import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { readKubeconfig } from '../../../lib/sources/kube/kubeconfig-file.js';
import { temporaryFolder, type WithTeardown } from '../../support/kube-trial.js';

const good = `apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c1
  cluster:
    server: https://192.0.2.1:6443
contexts:
- name: dev
  context:
    cluster: c1
    user: me
- name: other
  context: {cluster: c1, user: you}
users:
- name: me
  user:
    token: secret
- name: you
  user: {tokenFile: tokens/you}
`;

async function written(t: WithTeardown, text: string): Promise<{ file: string; folder: string }> {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'config');
  await writeFile(file, text);
  return { file, folder };
}

t.test('the current context is read, with its cluster and its user', async (t) => {
  const { file, folder } = await written(t, good);
  const kubeconfig = await readKubeconfig(file, undefined);
  t.equal(kubeconfig.folder, folder);
  t.match(kubeconfig.document, {
    'current-context': 'used',
    clusters: [{ cluster: { server: 'https://192.0.2.1:6443' } }],
    users: [{ user: { token: 'secret' } }],
  });
});

t.test(
  'another context can be named; a tokenFile is relative to the kubeconfig and read by a provider',
  async (t) => {
    const { file, folder } = await written(t, good);
    const { document } = await readKubeconfig(file, 'other');
    t.match(document, {
      users: [
        { user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: `${folder}/tokens/you` } } } },
      ],
    });
  },
);

t.test('the command of a plugin is relative to the kubeconfig when it is a path', async (t) => {
  for (const [command, expected] of [
    ['./login', 'login'],
    ['aws', undefined],
  ] as const) {
    const { file, folder } = await written(t, good.replace('token: secret', `exec: {command: ${command}}`));
    const { document } = await readKubeconfig(file, undefined);
    const resolved = expected === undefined ? command : path.join(folder, expected);
    t.match(document, { users: [{ user: { exec: { command: resolved } } }] });
  }
});

t.test('a context without a user is anonymous', async (t) => {
  const { file } = await written(t, good.replace('    user: me\n', ''));
  t.match((await readKubeconfig(file, undefined)).document, { users: [{ name: 'used', user: {} }] });
});

t.test('what is wrong is said with the file, the place and the field', async (t) => {
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['broken YAML', 'clusters:\n  - name: "c1\n', /config:\d:\d+: /],
    ['a tab', 'clusters:\n\t- name: c1\n', /config:2:1: /],
    ['an empty file', '', /config:\d:\d: .*not a kubeconfig/],
    ['a list', '- 1\n', /config:1:1: .*not a kubeconfig/],
    [
      'no current-context',
      good.replace('current-context: dev\n', ''),
      /config:1:1: current-context: current-context is not set; contexts are: dev, other$/,
    ],
    [
      'an empty current-context',
      good.replace('current-context: dev', 'current-context: ""'),
      /config:3:18: current-context: /,
    ],
    [
      'an unknown context',
      good.replace('current-context: dev', 'current-context: prod'),
      /config:\d+:\d+: contexts: no context "prod", which current-context names; there are: dev, other$/,
    ],
    [
      'an unknown cluster',
      good.replace('    cluster: c1', '    cluster: c2'),
      /clusters: no cluster "c2", which contexts\[0\].context.cluster names; there are: c1$/,
    ],
    [
      'no cluster at all',
      good.replace('    cluster: c1\n', ''),
      /config:11:5: contexts\[0\].context.cluster: names no cluster$/,
    ],
    [
      'an unknown user',
      good.replace('    user: me', '    user: them'),
      /users: no user "them", which contexts\[0\].context.user names; there are: me, you$/,
    ],
    [
      'no server',
      good.replace('    server: https://192.0.2.1:6443', '    proxy-url: x'),
      /config:7:5: clusters\[0\].cluster.server: is not set$/,
    ],
    [
      'a server that is no address',
      good.replace('https://192.0.2.1:6443', '192.0.2.1:6443'),
      /config:7:13: clusters\[0\].cluster.server: "192.0.2.1:6443" is no http/,
    ],
    [
      'a cluster that is text',
      good.replace(/ {2}cluster:\n {4}server: .*/, '  cluster: here'),
      /clusters\[0\]: cluster "c1" has no field "cluster"$/,
    ],
    ['lists that are text', 'current-context: a\ncontexts: none\n', /no context "a".*there are: none$/],
  ];
  for (const [what, text, message] of table) {
    const { file } = await written(t, text);
    await t.rejects(readKubeconfig(file, undefined), { name: 'ClusterConfigError', message }, what);
  }
});

t.test('a file that can not be read is named', async (t) => {
  const folder = await temporaryFolder(t);
  await t.rejects(readKubeconfig(path.join(folder, 'nope'), undefined), {
    name: 'ClusterConfigError',
    message: /kubeconfig .*\/nope: can't be read: ENOENT/,
  });
  await t.rejects(readKubeconfig(folder, undefined), { message: /can't be read: EISDIR/ });
});

t.test('a bomb of aliases is an error', async (t) => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i += 1) {
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
  }
  const { file } = await written(t, lines.join('\n'));
  await t.rejects(readKubeconfig(file, undefined), { name: 'ClusterConfigError' });
});
