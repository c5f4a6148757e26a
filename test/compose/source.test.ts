// Which Source a command line's origin becomes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createSource } from '../../lib/compose/source.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { silentLog } from '../../lib/proxier/log.js';
import { createApiServer } from '../support/api-server.js';

const parts = { nodeName: 'node-1', log: silentLog, clock: systemClock };

t.test('manifests are read from their directory, a cluster through its kubeconfig', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kube-portal-source-'));
  const server = await createApiServer();
  t.teardown(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });
  const files = await createSource({ kind: 'manifests', paths: [directory] }, parts);
  t.match(files.description, directory);
  const path = await server.writeKubeconfig(directory, { auth: 'none' });
  const cluster = await createSource({ kind: 'kubeconfig', path }, parts);
  t.equal(cluster.description, server.url);
  await Promise.all([files.close(), cluster.close()]);
});

t.test('what can not be used is an error that names it', async (t) => {
  await t.rejects(createSource({ kind: 'kubeconfig', path: '/nonexistent/config' }, parts), {
    message: /\/nonexistent\/config/,
  });
});
