// Which manifest files there are.
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { listManifests } from '../../../lib/sources/file/manifest-list.js';

t.test('of a directory: manifests by their extension, sorted, not hidden, not deeper', async (t) => {
  const root = t.testdir({
    'b.yaml': '',
    'a.json': '',
    'c.yml': '',
    'notes.txt': '',
    '.hidden.yaml': '',
    'dir.yaml': { 'inner.yaml': '' },
  });
  await symlink('nowhere.yaml', join(root, 'dangling.yaml'));
  await symlink('b.yaml', join(root, 'link.yaml'));
  const { files, troubles, directories } = await listManifests([root]);
  t.strictSame(
    files.map(({ path }) => path),
    ['a.json', 'b.yaml', 'c.yml', 'link.yaml'].map((name) => join(root, name)),
  );
  t.strictSame(troubles, []);
  t.strictSame(directories, [root]);
});

t.test('a named file may be called anything, and is listed once', async (t) => {
  const root = t.testdir({ 'web.conf': '', 'a.yaml': '' });
  const { files } = await listManifests([join(root, 'web.conf'), root, join(root, 'a.yaml')]);
  t.strictSame(
    files.map(({ path }) => path),
    [join(root, 'a.yaml'), join(root, 'web.conf')],
  );
});

t.test("what is not there or can't be looked at is told", async (t) => {
  const root = t.testdir({});
  await symlink('loop.yaml', join(root, 'loop.yaml'));
  const missing = join(root, 'missing');
  t.match(await listManifests([missing, root, '/dev/null']), {
    files: [],
    troubles: [
      { path: missing, message: 'does not exist' },
      { path: join(root, 'loop.yaml'), message: /ELOOP/ },
      { path: '/dev/null', message: 'neither a file nor a directory' },
    ],
  });
});

t.test(
  'the signature differs after an edit of the same length and time, a replacement, and the swap of a mounted directory',
  async (t) => {
    const root = t.testdir({ 'a.yaml': 'one', v1: { 'm.yaml': 'x' }, v2: { 'm.yaml': 'x' } });
    await symlink('v1', join(root, '..data'));
    await symlink('..data/m.yaml', join(root, 'm.yaml'));
    const signatures = async (): Promise<(string | undefined)[]> => {
      const { files } = await listManifests([root]);
      return files.map(({ signature }) => signature);
    };
    const [a1, m1] = await signatures();
    t.strictSame(await signatures(), [a1, m1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(join(root, 'a.yaml'), 'two');
    await utimes(join(root, 'a.yaml'), 1, 1);
    const [a2] = await signatures();
    await writeFile(join(root, 'new'), 'two');
    await rename(join(root, 'new'), join(root, 'a.yaml'));
    await symlink('v2', join(root, '..tmp'));
    await rename(join(root, '..tmp'), join(root, '..data'));
    const [a3, m3] = await signatures();
    t.equal(new Set([a1, a2, a3]).size, 3);
    t.not(m1, m3);
    await rm(join(root, 'v2'), { recursive: true });
    await mkdir(join(root, 'v2'));
    t.equal((await signatures()).length, 1, 'a link to nothing is no file');
  },
);
