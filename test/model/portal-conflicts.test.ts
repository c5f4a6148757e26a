// Who serves a portal that several claim.
import t from 'tap';
import { conflictProblem, createPortalClaims } from '../../lib/model/portal-conflicts.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { servicePortsOf } from '../../lib/model/service-ports.js';
import { service } from '../support/objects.js';

function claimant(name: string, creationTimestamp?: string, namespace = 'default'): ServicePort {
  const wish = { namespace, ...(creationTimestamp && { creationTimestamp }) };
  const [servicePort] = servicePortsOf(service(name, '10.96.0.1', wish)).servicePorts;
  if (servicePort === undefined) throw new Error('the test has no ServicePort');
  return servicePort;
}

const namesOf = (lists: readonly (readonly ServicePort[])[]): readonly string[] =>
  lists.map((list) => list.map(({ name }) => `${name.namespace}/${name.name}`).join(' '));

t.test('the older one first, then by namespace and name; without a timestamp last', async (t) => {
  const table: readonly [what: string, claimants: readonly ServicePort[], order: string][] = [
    [
      'age',
      [claimant('a', '2024-02-01T00:00:00Z'), claimant('b', '2024-01-01T00:00:00Z')],
      'default/b default/a',
    ],
    ['name', [claimant('b'), claimant('a')], 'default/a default/b'],
    ['namespace before name', [claimant('a', undefined, 'z'), claimant('b', undefined, 'y')], 'y/b z/a'],
    ['no age last', [claimant('a'), claimant('b', '2024-01-01T00:00:00Z')], 'default/b default/a'],
    [
      'no age either',
      [claimant('a', 'long ago'), claimant('b', '2024-01-01T00:00:00Z')],
      'default/b default/a',
    ],
    [
      'instants, not spellings',
      [claimant('a', '2024-01-01T01:00:00Z'), claimant('b', '2024-01-01T02:30:00+02:00')],
      'default/b default/a',
    ],
  ];
  for (const [what, claimants, order] of table) {
    for (const list of [claimants, claimants.toReversed()]) {
      const claims = createPortalClaims();
      for (const servicePort of list) claims.claim(servicePort);
      t.same(namesOf(claims.takeTouched()), [order], what);
    }
  }
});

t.test('only portals that changed hands are told, and each once', async (t) => {
  const claims = createPortalClaims();
  const [a, b] = [claimant('a'), claimant('b')];
  claims.claim(a);
  claims.claim(b);
  t.same(namesOf(claims.takeTouched()), ['default/a default/b']);
  t.same(claims.takeTouched(), []);
  claims.release(a);
  t.same(namesOf(claims.takeTouched()), ['default/b']);
  claims.release(b);
  claims.release(b);
  t.same(namesOf(claims.takeTouched()), [''], 'a portal that nobody claims any more');
});

t.test('the loser is told who has it', async (t) => {
  t.same(conflictProblem(claimant('b'), claimant('a')), {
    object: 'Service default/b',
    field: 'spec.clusterIP',
    message: '10.96.0.1:80/TCP belongs to default/a: default/b is not served',
  });
});
