// What people read of Services that are not served, or not wholly.
import t from 'tap';
import { ListenError } from '../../lib/proxier/data-plane.js';
import { isWorthRetrying, passProblems } from '../../lib/proxier/pass-problems.js';
import { servicePort } from '../support/service-port.js';

const snapshot = { servicePorts: new Map(), portals: new Map(), endpoints: new Map(), problems: [] };
const checked = { endpoints: new Map(), problems: [] };
const noClaims = { failures: () => [] };
const inUse = new ListenError('port-in-use', 'listen on port 30080: it is in use');
const full = new ListenError('no-descriptors', 'open default/web: EMFILE');

t.test('each source of problems is heard', async (t) => {
  const web = servicePort();
  const both = servicePort({ name: { name: 'both' }, internalPolicy: 'Local', nodePort: 30_080 });
  const found = passProblems(
    { ...snapshot, problems: [{ object: 'Service default/odd', field: 'spec.clusterIP', message: 'is 7' }] },
    { ...checked, problems: [{ subject: 'default/loop/TCP/IPv4', message: 'refused' }] },
    [
      { servicePort: web, role: 'Cluster', error: full },
      { servicePort: both, role: 'Local', error: new ListenError('other', 'odd') },
      { servicePort: both, role: 'nodePort', error: inUse },
    ],
    {
      failures: () => [
        [both.key, { port: 30_080, error: inUse, atMs: 0 }],
        [web.key, { port: 30_081, error: full, atMs: 0 }],
      ],
    },
  );
  t.same(
    found.map(({ subject, message }) => `${subject}: ${message}`),
    [
      'Service default/odd: spec.clusterIP: is 7',
      'default/loop/TCP/IPv4: refused',
      'default/web/TCP/IPv4: not served: no listener: no descriptor is left (ulimit -n)',
      'default/both/TCP/IPv4: not fully served: no listener for its Local endpoints: odd',
      'default/both/TCP/IPv4: nodePort 30080 is not served on this node: another process listens on that port',
      'default/web/TCP/IPv4: nodePort 30081 is served, but another process may take the port: no descriptor is left (ulimit -n)',
    ],
  );
  t.same(
    found.map(({ kind }) => kind),
    [undefined, undefined, 'no-listener', 'no-listener', 'nodePort', 'nodePort'],
  );
  t.same(passProblems(snapshot, checked, [], noClaims), []);
});

t.test('what can not be had at all, and what is tried in good time anyway, is not hurried', async (t) => {
  const failure = { servicePort: servicePort({ nodePort: 30_080 }), role: 'Cluster', error: full } as const;
  t.equal(isWorthRetrying(failure), true);
  t.equal(isWorthRetrying({ ...failure, error: new ListenError('not-supported', 'no SCTP') }), false);
  t.equal(isWorthRetrying({ ...failure, role: 'nodePort', error: inUse }), false);
});
