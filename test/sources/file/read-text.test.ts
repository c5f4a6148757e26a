// The text of a file, or why not.
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { maxFileBytes, readText } from '../../../lib/sources/file/read-text.js';

t.test('what is a regular file of a sane size is read', async (t) => {
  const root = t.testdir({ 'a.yaml': 'größe: 1\n', 'large.yaml': '' });
  t.equal(await readText(join(root, 'a.yaml')), 'größe: 1\n');
  await truncate(join(root, 'large.yaml'), maxFileBytes + 1);
  await t.rejects(readText(join(root, 'large.yaml')), /more than 256 MiB/);
  await t.rejects(readText('/dev/null'), /not a regular file/);
  await t.rejects(readText(join(root, 'missing.yaml')), { code: 'ENOENT' });
});
