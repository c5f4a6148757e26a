import t from 'tap';
import type { ApiClient, Query } from '../../../lib/sources/kube/api-client.js';
import { nodeResource } from '../../../lib/sources/kube/kube-resource.js';
import { listAll } from '../../../lib/sources/kube/list.js';

/** Gives the answers one after the other and keeps what was asked. */
function answering(answers: readonly unknown[]): { client: ApiClient; queries: Query[] } {
  const queries: Query[] = [];
  const client: ApiClient = {
    server: 'http://test',
    getJson: async (_path, query) => {
      queries.push(query);
      return answers[queries.length - 1];
    },
    writeJson: () => Promise.reject(new Error('nothing is written')),
    getStream: () => Promise.reject(new Error('not asked for')),
    refreshCredentials: () => {},
    close: () => {},
  };
  return { client, queries };
}

const resource = nodeResource('n1');
const run = (client: ApiClient, pages: unknown[] = [], limit: number | undefined = 2) =>
  listAll(
    { client, resource, fieldSelector: resource.fieldSelector, limit, signal: new AbortController().signal },
    (items) => pages.push(items),
  );
const page = (items: unknown, metadata: object) => ({ items, metadata });

t.test('pages are read one after the other, with the token of the one before', async (t) => {
  const { client, queries } = answering([
    page([1, 2], { resourceVersion: '9', continue: 't1' }),
    page([3], { resourceVersion: '9', continue: '' }),
  ]);
  const pages: unknown[] = [];
  t.equal(await run(client, pages), '9');
  t.strictSame(pages, [[1, 2], [3]]);
  t.match(queries, [
    { limit: '2', continue: undefined, fieldSelector: 'metadata.name=n1', labelSelector: undefined },
    { limit: '2', continue: 't1' },
  ]);
  t.notOk('resourceVersion' in (queries[0] ?? {}), 'the newest state');
});

t.test('an empty list is null in Go, and complete', async (t) => {
  const pages: unknown[] = [];
  t.equal(await run(answering([page(null, { resourceVersion: '9' })]).client, pages), '9');
  t.strictSame(pages, [[]]);
});

t.test('what is no list is an error', async (t) => {
  const endless = page([1], { resourceVersion: '9', continue: 'same' });
  for (const answers of [
    [undefined],
    ['text'],
    [page({}, { resourceVersion: '9' })],
    [page([], {})],
    [page([], { resourceVersion: 9 })],
    [endless, endless],
  ]) {
    await t.rejects(run(answering(answers).client), { name: 'MalformedAnswerError' });
  }
});
