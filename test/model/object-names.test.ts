// References of objects of any shape.
import t from 'tap';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { metadataProblems, refText, refTextOf } from '../../lib/model/object-names.js';

const loose = (value: unknown): KubeObject => value as KubeObject;

t.test('every object has a reference', async (t) => {
  const table: readonly [unknown, string][] = [
    [{ kind: 'Service', metadata: { namespace: 'default', name: 'web' } }, 'Service default/web'],
    [{ kind: 'Node', metadata: { name: 'n1' } }, 'Node n1'],
    [{ kind: 'Node', metadata: { namespace: 'x', name: 'n1' } }, 'Node n1'],
    [{ kind: 'Service', metadata: { name: 'web' } }, 'Service ?/web'],
    [{ kind: 'Service', metadata: null }, 'Service ?/?'],
    [{}, '? ?/?'],
    [null, '? ?/?'],
  ];
  for (const [object, expected] of table) t.equal(refTextOf(loose(object)), expected);
});

t.test('an ObjectRef reads as its object does', async (t) => {
  t.equal(refText({ kind: 'Service', namespace: 'default', name: 'web' }), 'Service default/web');
  t.equal(refText({ kind: 'Node', namespace: '', name: 'n1' }), 'Node n1');
});

t.test('names that would break keys or rules are refused', async (t) => {
  const fields = (namespace: unknown, name: unknown) =>
    metadataProblems(loose({ kind: 'Service', metadata: { namespace, name } })).map(({ field }) => field);
  t.same(fields('default', 'web'), []);
  t.same(fields('Default_1', 'web.x'), []);
  t.same(fields('a/b', 'a:b'), ['metadata.namespace', 'metadata.name']);
  t.same(fields('', 'web\n'), ['metadata.namespace', 'metadata.name']);
  t.same(fields(undefined, 3), ['metadata.namespace', 'metadata.name']);
  t.same(fields('default', 'x'.repeat(254)), ['metadata.name']);
  t.same(metadataProblems(loose({ kind: 'Node', metadata: { name: 'n1' } })), [], 'a Node has no namespace');
});
