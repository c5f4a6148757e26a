// Manifests of the measured cluster say what the API would.
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { cluster } from '../../../bench/scale/cluster.js';
import { jsonText, yamlFiles, yamlText } from '../../../bench/scale/manifest-text.js';

const apps = cluster(3);
const objects = apps.flatMap(({ service, slice }) => [service, slice]);

t.test('YAML and JSON hold the very objects', async (t) => {
  const documents = parseAllDocuments(yamlText(apps)).map((document) => document.toJS() as unknown);
  t.same(documents, objects);
  t.same((JSON.parse(jsonText(apps)) as { items: unknown }).items, objects);
});

t.test('a hundred Services in a file, in order', async (t) => {
  const files = yamlFiles(cluster(250));
  t.same(
    [...files].map(([name, { length }]) => [name, length]),
    [
      ['apps-000.yaml', 100],
      ['apps-001.yaml', 100],
      ['apps-002.yaml', 50],
    ],
  );
});
