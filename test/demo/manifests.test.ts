// The copy of the manifests, and its edits.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { changedLines, copyManifests, withEndpoints } from '../../lib/demo/manifests.js';
import { clock, web } from '../../lib/demo/services.js';

t.test('the manifests are copied, and only they', async (t) => {
  const directory = join(t.testdir(), 'copy');
  const manifests = await copyManifests('examples/demo', directory);
  t.equal(manifests.directory, directory);
  t.same((await readdir(directory)).sort(), ['clock.yaml', 'signal.yaml', 'web.yaml']);
  t.equal(
    await readFile(join(directory, 'web.yaml'), 'utf8'),
    await readFile('examples/demo/web.yaml', 'utf8'),
  );
});

t.test("the Service's lines are shown without comments and without the slice", async (t) => {
  const manifests = await copyManifests('examples/demo', t.testdir());
  const lines = await manifests.serviceLines(web);
  t.equal(lines[0], 'apiVersion: v1');
  t.ok(lines.includes('  clusterIP: 10.96.0.80'));
  t.notMatch(lines.join('\n'), /EndpointSlice|#/);
});

t.test('endpoints are replaced, taken away and given back; nothing else changes', async (t) => {
  const directory = t.testdir();
  const manifests = await copyManifests('examples/demo', directory);
  const endpoints = async () => {
    const documents = parseAllDocuments(await readFile(join(directory, 'web.yaml'), 'utf8'));
    return documents[1]?.toJS().endpoints;
  };
  t.same(await manifests.setEndpoints(web, ['10.244.0.11', '10.244.0.12', '10.244.0.14']), [
    '-   - addresses: [10.244.0.13]',
    '+   - addresses: [10.244.0.14]',
  ]);
  t.same(await endpoints(), [
    { addresses: ['10.244.0.11'] },
    { addresses: ['10.244.0.12'] },
    { addresses: ['10.244.0.14'] },
  ]);
  await manifests.setEndpoints(web, []);
  t.same(await endpoints(), []);
  await manifests.setEndpoints(web, web.endpointIps);
  const original = await readFile('examples/demo/web.yaml', 'utf8');
  t.equal(await readFile(join(directory, 'web.yaml'), 'utf8'), original);
  t.same(await manifests.setEndpoints(clock, clock.endpointIps), [], 'the same again is no change');
  t.same(
    (await readdir(directory)).sort(),
    ['clock.yaml', 'signal.yaml', 'web.yaml'],
    'no half-written file stays',
  );
});

t.test('a manifest without endpoints can not be edited', async (t) => {
  t.throws(() => withEndpoints('kind: Service\n', []), /has no endpoints/);
});

t.test('a diff names what went and what came', async (t) => {
  t.same(changedLines('a\nb\nc', 'a\nd\nc'), ['- b', '+ d']);
});
