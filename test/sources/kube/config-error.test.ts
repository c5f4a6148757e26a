import t from 'tap';
import { ClusterConfigError } from '../../../lib/sources/kube/config-error.js';

t.test('a configuration error keeps its cause and can be told from others', async (t) => {
  const cause = new Error('ENOENT');
  const error = new ClusterConfigError('kubeconfig x: cannot be read', { cause });
  t.ok(error instanceof ClusterConfigError);
  t.match(error, { name: 'ClusterConfigError', message: 'kubeconfig x: cannot be read', cause });
});
