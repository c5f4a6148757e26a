// Who serves a portal that several claim.
import t from 'tap';
import { createPortalClaims, type PortalClaims } from '../../lib/model/portal-conflicts.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { type ServicePortWish, servicePort } from '../support/service-port.js';

/** All of them want 10.96.0.1:80/TCP, unless `wish` says otherwise. */
function claimant(
  name: string,
  creationTimestamp?: string,
  wish: ServicePortWish & { readonly namespace?: string } = {},
): ServicePort {
  const { namespace = 'default', ...rest } = wish;
  return servicePort({ ...rest, name: { namespace, name }, ...(creationTimestamp && { creationTimestamp }) });
}

/** `ns/name: its portals`, sorted; `!` and the message of each problem. */
function told(claims: PortalClaims): readonly string[] {
  return claims
    .takeTouched()
    .map(({ servicePort: { name }, portals, problems }) =>
      [
        `${name.namespace}/${name.name}:`,
        ...portals.map(({ kind }) => kind),
        ...problems.map(({ field }) => `!${field}`),
      ].join(' '),
    )
    .toSorted();
}

const [y2023, y2024] = ['2023-01-01T00:00:00Z', '2024-01-01T00:00:00Z'];

t.test('the older one, then by namespace and name; without a timestamp last', async (t) => {
  const table: readonly [what: string, claimants: readonly [ServicePort, ServicePort]][] = [
    ['age', [claimant('b', '2024-01-01T00:00:00Z'), claimant('a', '2024-02-01T00:00:00Z')]],
    ['name', [claimant('a'), claimant('b')]],
    [
      'namespace before name',
      [claimant('b', undefined, { namespace: 'y' }), claimant('a', undefined, { namespace: 'z' })],
    ],
    ['no age last', [claimant('b', y2024), claimant('a')]],
    ['no age either', [claimant('b', y2024), claimant('a', 'long ago')]],
    [
      'instants, not spellings',
      [claimant('b', '2024-01-01T02:30:00+02:00'), claimant('a', '2024-01-01T01:00:00Z')],
    ],
  ];
  for (const [what, claimants] of table) {
    for (const list of [claimants, claimants.toReversed()]) {
      const claims = createPortalClaims();
      for (const one of list) claims.claim(one);
      const served = claims.takeTouched().filter(({ portals }) => portals.length > 0);
      t.same(
        served.map((settled) => settled.servicePort),
        [claimants[0]],
        what,
      );
    }
  }
});

t.test('only those whose portals changed hands are told, and each once', async (t) => {
  const claims = createPortalClaims();
  const [a, b] = [claimant('a'), claimant('b')];
  claims.claim(a);
  claims.claim(b);
  t.same(told(claims), ['default/a: clusterIP', 'default/b: !spec.clusterIP']);
  t.same(told(claims), []);
  claims.release(a);
  t.same(told(claims), ['default/b: clusterIP']);
  claims.release(b);
  claims.release(b);
  t.same(told(claims), [], 'portals that nobody claims any more');
  claims.claim(claimant('c', undefined, { clusterIP: '10.96.0.3', nodePort: 30080 }));
  t.same(told(claims), ['default/c: clusterIP nodePort']);
  claims.claim(claimant('d', undefined, { clusterIP: '10.96.0.4' }));
  t.same(told(claims), ['default/d: clusterIP']);
});

t.test('a portal besides the clusterIP is lost alone', async (t) => {
  const table: readonly [what: string, shared: ServicePortWish, field: string][] = [
    ['external IP', { externalIPs: ['192.0.2.1'] }, 'spec.externalIPs'],
    ['load balancer', { loadBalancerIPs: ['192.0.2.1'] }, 'status.loadBalancer.ingress'],
    ['node port', { nodePort: 30080 }, 'spec.ports[].nodePort'],
  ];
  for (const [what, shared, field] of table) {
    const claims = createPortalClaims();
    const old = claimant('z', y2023, { ...shared, clusterIP: '10.96.0.2' });
    const young = claimant('a', y2024, { ...shared, clusterIP: '10.96.0.3' });
    claims.claim(young);
    claims.claim(old);
    const [kind] = claims
      .takeTouched()
      .flatMap(({ servicePort: one, portals }) => (one === old ? portals.slice(1) : []))
      .map((portal) => portal.kind);
    claims.release(old);
    claims.claim(old);
    t.same(told(claims), [`default/a: clusterIP !${field}`, `default/z: clusterIP ${kind}`], what);
    claims.release(old);
    t.same(told(claims), [`default/a: clusterIP ${kind}`], `${what}, when it is free`);
  }
});

t.test('an address is the same portal whatever kind it is of', async (t) => {
  const claims = createPortalClaims();
  claims.claim(claimant('a', y2023, { clusterIP: '10.96.0.2', externalIPs: ['192.0.2.1'] }));
  claims.claim(claimant('b', y2024, { clusterIP: '10.96.0.3', loadBalancerIPs: ['192.0.2.1'] }));
  t.same(told(claims), [
    'default/a: clusterIP externalIP',
    'default/b: clusterIP !status.loadBalancer.ingress',
  ]);
});

t.test('protocols, ports and families do not stand in each other’s way', async (t) => {
  const claims = createPortalClaims();
  const shared = { externalIPs: ['192.0.2.1'], nodePort: 30080 };
  const tcp = servicePort({ ...shared });
  const udp = servicePort({ ...shared, name: { protocol: 'UDP' } });
  const v6 = servicePort({ ipFamily: 'IPv6', nodePort: 30080 });
  const other = servicePort({
    name: { port: 'other' },
    port: 81,
    externalIPs: ['192.0.2.1'],
    nodePort: 30081,
  });
  for (const one of [tcp, udp, v6, other]) claims.claim(one);
  t.same(
    claims.takeTouched().flatMap(({ problems }) => problems),
    [],
  );
});

t.test('a clusterIP goes to the Service it was given to, however old the other claim is', async (t) => {
  const claims = createPortalClaims();
  claims.claim(claimant('thief', y2023, { clusterIP: '10.96.0.2', externalIPs: ['10.96.0.1'] }));
  claims.claim(claimant('owner', y2024));
  t.same(told(claims), ['default/owner: clusterIP', 'default/thief: clusterIP !spec.externalIPs']);
});

t.test('one that is not served leaves all its portals to others', async (t) => {
  const claims = createPortalClaims();
  const [a, b, c] = [
    claimant('a', '2022-01-01T00:00:00Z'),
    claimant('b', y2023, { nodePort: 30080, externalIPs: ['192.0.2.1'] }),
    claimant('c', y2024, { clusterIP: '10.96.0.3', nodePort: 30080, externalIPs: ['192.0.2.1'] }),
  ];
  for (const one of [a, b, c]) claims.claim(one);
  t.same(told(claims), [
    'default/a: clusterIP',
    'default/b: !spec.clusterIP',
    'default/c: clusterIP externalIP nodePort',
  ]);
  claims.release(a);
  t.same(told(claims), [
    'default/b: clusterIP externalIP nodePort',
    'default/c: clusterIP !spec.externalIPs !spec.ports[].nodePort',
  ]);
  claims.claim(a);
  t.same(told(claims), [
    'default/a: clusterIP',
    'default/b: !spec.clusterIP',
    'default/c: clusterIP externalIP nodePort',
  ]);
});

t.test('the loser is told who has it', async (t) => {
  const claims = createPortalClaims();
  for (const one of [
    claimant('a', undefined, { nodePort: 30080 }),
    claimant('b'),
    claimant('c', undefined, { clusterIP: '10.96.0.3', nodePort: 30080 }),
  ]) {
    claims.claim(one);
  }
  t.same(
    claims.takeTouched().flatMap(({ problems }) => problems),
    [
      {
        object: 'Service default/b',
        field: 'spec.clusterIP',
        message: '10.96.0.1:80/TCP belongs to default/a: default/b is not served',
      },
      {
        object: 'Service default/c',
        field: 'spec.ports[].nodePort',
        message: 'node port 30080/TCP of IPv4 belongs to default/a: default/c is not served there',
      },
    ],
  );
});
