// Which scopes the portals of a ServicePort lead to.
import t from 'tap';
import { isExternallyAccessible, trafficScopes, usesScope } from '../../lib/model/traffic-scope.js';
import { type ServicePortWish, servicePort } from '../support/service-port.js';

t.test('a scope is used where some portal leads to it; the short circuit counts', async (t) => {
  const nodePort = { nodePort: 30080 };
  const table: readonly [ServicePortWish, readonly string[]][] = [
    [{}, ['Cluster']],
    [{ internalPolicy: 'Local' }, ['Local']],
    [{ externalPolicy: 'Local' }, ['Cluster']],
    [{ ...nodePort }, ['Cluster']],
    [{ ...nodePort, externalPolicy: 'Local' }, ['Cluster', 'Local']],
    [{ ...nodePort, internalPolicy: 'Local' }, ['Cluster', 'Local']],
    [{ ...nodePort, internalPolicy: 'Local', externalPolicy: 'Local' }, ['Cluster', 'Local']],
  ];
  for (const [wish, scopes] of table) {
    const used = trafficScopes.filter((scope) => usesScope(servicePort(wish), scope));
    t.same(used, scopes, JSON.stringify(wish));
  }
});

t.test('any portal but the clusterIP makes it accessible from outside', async (t) => {
  t.equal(isExternallyAccessible(servicePort()), false);
  t.equal(isExternallyAccessible(servicePort({ externalIPs: [], loadBalancerIPs: [] })), false);
  for (const wish of [
    { nodePort: 30080 },
    { externalIPs: ['192.0.2.1'] },
    { loadBalancerIPs: ['192.0.2.1'] },
  ])
    t.equal(isExternallyAccessible(servicePort(wish)), true);
});
