import t from 'tap';
import { isKubernetesOwn, isWrong, missing, readMeta } from '../../../lib/sources/kube/convert.js';
import { rootFields } from '../../../lib/sources/kube/fields.js';

t.test('labels of Kubernetes itself are kept, and nothing else', async (t) => {
  for (const key of ['kubernetes.io/service-name', 'endpointslice.kubernetes.io/managed-by']) {
    t.ok(isKubernetesOwn(key), key);
  }
  for (const key of [
    'app',
    'kubernetes.io',
    'notkubernetes.io/x',
    'example.com/kubernetes.io',
    'kubectl.kubernetes.io/last-applied-configuration',
  ]) {
    t.notOk(isKubernetesOwn(key), key);
  }
});

t.test('missing() reports what is absent, and not again what was of a wrong type', async (t) => {
  const fields = rootFields({ a: null, b: 7, c: '' });
  for (const name of ['a', 'b', 'c', 'd']) missing(fields, name);
  t.strictSame(
    fields.problems.map(({ field }) => field),
    ['a', 'c', 'd'],
  );
});

t.test('isWrong() tells what could not be used from what is not there', async (t) => {
  const fields = rootFields({ a: null, b: 7 });
  t.notOk(isWrong(fields, 'a', undefined));
  t.ok(isWrong(fields, 'b', undefined));
  t.notOk(isWrong(fields, 'b', 7));
});

t.test('a cluster-wide object has no namespace, whatever it says', async (t) => {
  const fields = rootFields({ metadata: { name: 'n', namespace: 'x' } });
  t.strictSame(
    readMeta(fields, 'cluster-wide', () => true),
    { namespace: '', name: 'n' },
  );
});
