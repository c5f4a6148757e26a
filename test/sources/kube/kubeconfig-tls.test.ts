import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { NamedEntry, Refuse } from '../../../lib/sources/kube/kubeconfig-entry.js';
import { checkTlsMaterial } from '../../../lib/sources/kube/kubeconfig-tls.js';
import { tlsFile, tlsPem } from '../../support/api-kubeconfig.js';
import { temporaryFolder } from '../../support/kube-trial.js';

const refuse: Refuse = (at, problem) => {
  throw new Error(`${at.join('.')}: ${problem}`);
};
const entry = (at: string, fields: Readonly<Record<string, unknown>>): NamedEntry => ({ at: [at], fields });
const check = (cluster: object, user: object, folder = '/') =>
  checkTlsMaterial(entry('cluster', { ...cluster }), entry('user', { ...user }), folder, refuse);
const base64 = (name: Parameters<typeof tlsPem>[0]) => tlsPem(name).toString('base64');

t.test('files and data that are right pass', async (_t) => {
  await check({}, {});
  await check(
    { 'certificate-authority': tlsFile('ca') },
    { 'client-certificate': tlsFile('client'), 'client-key': tlsFile('client-key') },
  );
  await check(
    { 'certificate-authority-data': base64('ca') },
    { 'client-certificate-data': base64('client'), 'client-key-data': base64('client-key') },
  );
  await check({ 'certificate-authority': 'ca.pem' }, {}, path.dirname(tlsFile('ca')));
});

t.test('what can not work is named', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'text'), 'hello');
  const clientCert = { 'client-certificate': tlsFile('client') };
  const table: readonly (readonly [object, object, RegExp])[] = [
    [{ 'certificate-authority': 'nope' }, {}, /^cluster.certificate-authority: can't be read: ENOENT/],
    [{ 'certificate-authority': 'text' }, {}, /^cluster.certificate-authority: is no PEM certificate/],
    [
      { 'certificate-authority-data': '%%%' },
      {},
      /^cluster.certificate-authority-data: is no PEM certificate/,
    ],
    [{}, clientCert, /^user: has a client-certificate and no client-key/],
    [{}, { 'client-key-data': base64('client-key') }, /^user: has a client-key and no client-certificate/],
    [
      {},
      { ...clientCert, 'client-key': tlsFile('server-key') },
      /^user.client-key: does not go with the client certificate/,
    ],
    [
      {},
      { ...clientCert, 'client-key': 'text' },
      /^user.client-key: does not go with the client certificate/,
    ],
  ];
  for (const [cluster, user, message] of table) {
    await t.rejects(check(cluster, user, folder), { message });
  }
});
