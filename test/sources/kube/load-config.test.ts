import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { loadClusterAccess } from '../../../lib/sources/kube/load-config.js';
import { tlsFile, tlsPem } from '../../support/api-kubeconfig.js';
import { createApiServer } from '../../support/api-server.js';
import { temporaryFolder } from '../../support/kube-trial.js';

const serviceAccount = 'var/run/secrets/kubernetes.io/serviceaccount';

/** Sets the two variables of a Pod, or removes them, until the test ends. */
function podEnvironment(t: { teardown(act: () => void): void }, host?: string, port?: string): void {
  const before = { ...process.env };
  t.teardown(() => {
    for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT']) {
      delete process.env[name];
      if (before[name] !== undefined) process.env[name] = before[name];
    }
  });
  delete process.env.KUBERNETES_SERVICE_HOST;
  delete process.env.KUBERNETES_SERVICE_PORT;
  if (host !== undefined) process.env.KUBERNETES_SERVICE_HOST = host;
  if (port !== undefined) process.env.KUBERNETES_SERVICE_PORT = port;
}

t.test('outside of a cluster the three ways to name a source are told', async (t) => {
  podEnvironment(t);
  await t.rejects(loadClusterAccess({}), {
    name: 'ClusterConfigError',
    message: /KUBERNETES_SERVICE_HOST.*--manifests DIR.*--kubeconfig FILE.*in-cluster/,
  });
});

t.test('a Pod without a service account token is told which file is missing', async (t) => {
  podEnvironment(t, '192.0.2.1', '443');
  const root = await temporaryFolder(t);
  await t.rejects(loadClusterAccess({ serviceAccountRoot: root }), {
    name: 'ClusterConfigError',
    message: /serviceaccount\/token can't be read.*--manifests DIR.*--kubeconfig FILE/,
  });
});

t.test('in a Pod: the service account, its CA, and an IPv6 address in brackets', async (t) => {
  const root = await temporaryFolder(t);
  const folder = path.join(root, serviceAccount);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'token'), 'pod-token\n');
  await copyFile(tlsFile('ca'), path.join(folder, 'ca.crt'));
  podEnvironment(t, 'fd00::1', '6443');
  const access = await loadClusterAccess({ serviceAccountRoot: root });
  t.equal(access.server, 'https://[fd00::1]:6443');
  t.match(await access.requestOptions(), {
    ca: tlsPem('ca'),
    headers: { Authorization: 'Bearer pod-token' },
  });
});

t.test('a kubeconfig for each way to prove who we are', async (t) => {
  const server = await createApiServer({ tls: true });
  t.teardown(() => server.close());
  const dir = await temporaryFolder(t);
  const tokenFile = path.join(dir, 'token');
  await writeFile(tokenFile, 'from-file\n');
  const printed = { kind: 'ExecCredential', status: { token: 'from-exec' } };
  const exec = { command: 'sh', args: ['-c', `echo '${JSON.stringify(printed)}'`] };
  const cert = { cert: tlsPem('client'), key: tlsPem('client-key') };
  for (const [wish, expected] of [
    [{ auth: 'none' }, { headers: {} }],
    [{ auth: 'token', token: 'abc' }, { headers: { Authorization: 'Bearer abc' } }],
    [{ auth: 'token-file', tokenFile }, { headers: { Authorization: 'Bearer from-file' } }],
    [{ auth: 'exec', exec }, { headers: { Authorization: 'Bearer from-exec' } }],
    [{ auth: 'cert' }, cert],
    [{ auth: 'cert-data' }, cert],
  ] as const) {
    const kubeconfig = await server.writeKubeconfig(dir, wish);
    const access = await loadClusterAccess({ kubeconfig });
    t.equal(access.server, server.url);
    const options = await access.requestOptions();
    t.match(options, { ...expected, ca: tlsPem('ca') }, wish.auth);
    t.notOk('agent' in options, 'connections are kept by our own agent');
  }
});

t.test('a broken kubeconfig is an error at once', async (t) => {
  const file = path.join(await temporaryFolder(t), 'config');
  await writeFile(file, 'contexts: [\n');
  await t.rejects(loadClusterAccess({ kubeconfig: file }), {
    name: 'ClusterConfigError',
    message: /config:\d:\d/,
  });
});
