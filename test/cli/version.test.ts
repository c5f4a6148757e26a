// What `kube-portal version` prints.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { formatVersion, readVersion } from '../../lib/cli/version.js';

t.test('the version is package.json’s', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.same(readVersion(), {
    name: 'kube-portal',
    version,
    node: process.version,
    dataPlanes: ['node', 'linux'],
  });
});

t.test('it prints as one line', async (t) => {
  t.equal(
    formatVersion({ name: 'kube-portal', version: '1.2.3', node: 'v26.1.0', dataPlanes: ['node', 'linux'] }),
    'kube-portal 1.2.3, Node.js v26.1.0, data planes: node, linux',
  );
});
