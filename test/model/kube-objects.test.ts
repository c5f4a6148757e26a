// How objects are named in keys and logs.
import t from 'tap';
import { formatRef, refOf } from '../../lib/model/kube-objects.js';
import { service } from '../support/objects.js';

t.test('an object is named by kind, namespace and name; a Node has no namespace', async (t) => {
  const ref = refOf(service('web', '10.96.0.1', { namespace: 'shop' }));
  t.same(ref, { kind: 'Service', namespace: 'shop', name: 'web' });
  t.equal(formatRef(ref), 'Service shop/web');
  t.equal(formatRef({ kind: 'Node', namespace: '', name: 'node-1' }), 'Node node-1');
});
