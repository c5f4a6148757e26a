// The API server that the tests of sources/kube/ trust must itself be right about selectors, pages and compaction.
import t from 'tap';
import type { RawObject } from './api-objects.js';
import { BadSelectorError, fieldMatcher, labelMatcher } from './api-selectors.js';
import { createApiServer } from './api-server.js';

const object = (labels: Readonly<Record<string, string>>, spec: object = {}): RawObject => ({
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', labels },
  spec,
});

t.test('label selectors', async (t) => {
  const labels = { app: 'web', 'example.com/tier': 'front' };
  for (const [selector, matches] of [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!other,app', true],
    ['app=web', true],
    ['app==web,example.com/tier!=front', false],
    ['app!=api', true],
    ['other!=x', true],
    ['app in (api, web),!other', true],
    ['app notin (api, web)', false],
    ['other notin (x)', true],
    ['other in (x)', false],
  ] as const) {
    t.equal(labelMatcher(selector)(object(labels)), matches, selector);
  }
  t.throws(() => labelMatcher('a b c'), BadSelectorError);
});

t.test('field selectors', async (t) => {
  const known = ['metadata.name', 'spec.clusterIP'];
  for (const [selector, matches] of [
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['spec.clusterIP!=None', false],
    ['spec.clusterIP=None,metadata.name=api', false],
  ] as const) {
    t.equal(fieldMatcher(selector, known)(object({}, { clusterIP: 'None' })), matches, selector);
  }
  t.throws(() => fieldMatcher('spec.type=x', known), { message: 'field label not supported: spec.type' });
});

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly RawObject[];
}

t.test('pages are of one moment, and end with 410 once that is compacted', async (t) => {
  const server = await createApiServer();
  t.teardown(() => server.close());
  for (const name of ['a', 'b', 'c', 'd']) server.put({ ...object({}), metadata: { name, namespace: 'x' } });
  const get = async (query: string) => fetch(`${server.url}/api/v1/services?${query}`);
  const list = async (query: string) => (await (await get(query)).json()) as List;
  const namesOf = ({ items }: List) => items.map(({ metadata }) => metadata.name);

  const first = await list('limit=2');
  t.strictSame(namesOf(first), ['a', 'b']);
  server.put({ ...object({}), metadata: { name: 'bb', namespace: 'x' } });
  const second = await list(`limit=1&continue=${first.metadata.continue}`);
  t.strictSame(namesOf(second), ['c'], 'bb came later');
  t.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  server.compact();
  const gone = await get(`limit=1&continue=${second.metadata.continue}`);
  t.equal(gone.status, 410);
  t.match(await gone.json(), { kind: 'Status', code: 410, reason: 'Expired', metadata: { continue: /./ } });
  t.strictSame(
    namesOf(await list('resourceVersion=0&limit=1')),
    ['a', 'b', 'bb', 'c', 'd'],
    'the cache pages not',
  );
});
