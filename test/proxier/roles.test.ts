// The traffic policies' table: which listener each portal leads to, for whom.
import t from 'tap';
import type { PortalAddress } from '../../lib/model/portal-address.js';
import { claimedPort, listenerKey, scopeOf, wantedRoles, wantedWays } from '../../lib/proxier/roles.js';
import { servicePort } from '../support/service-port.js';

const clusterIP: PortalAddress = { kind: 'clusterIP', ip: '10.96.0.1', port: 80 };
const external: PortalAddress = { kind: 'externalIP', ip: '203.0.113.1', port: 80 };
const nodePort: PortalAddress = { kind: 'nodePort', ip: '', port: 30_080 };

t.test('where each kind of portal leads, by policy', async (t) => {
  const ways = (
    kind: PortalAddress['kind'],
    internalPolicy: 'Cluster' | 'Local',
    externalPolicy: 'Cluster' | 'Local',
  ) => wantedWays(kind, { internalPolicy, externalPolicy }).map(({ from, scope }) => `${from} ${scope}`);
  for (const other of ['Cluster', 'Local'] as const) {
    t.same(ways('clusterIP', 'Cluster', other), ['everybody Cluster']);
    t.same(ways('clusterIP', 'Local', other), ['everybody Local']);
    for (const kind of ['externalIP', 'loadBalancer', 'nodePort'] as const) {
      t.same(ways(kind, other, 'Cluster'), ['everybody Cluster']);
      t.same(ways(kind, other, 'Local'), ['cluster Cluster', 'everybody Local'], 'the short circuit');
    }
  }
});

t.test('which listeners a ServicePort needs', async (t) => {
  const cases = [
    ['Cluster', 'Cluster', [clusterIP], ['Cluster']],
    ['Local', 'Cluster', [clusterIP], ['Local']],
    ['Cluster', 'Cluster', [clusterIP, external, nodePort], ['Cluster', 'nodePort']],
    ['Cluster', 'Local', [clusterIP, external], ['Cluster', 'Local']],
    ['Local', 'Cluster', [clusterIP, nodePort], ['Cluster', 'Local', 'nodePort']],
    ['Local', 'Local', [clusterIP, nodePort], ['Cluster', 'Local', 'nodePort']],
    ['Cluster', 'Local', [clusterIP], ['Cluster']],
  ] as const;
  for (const [internalPolicy, externalPolicy, portals, roles] of cases) {
    const wanted = wantedRoles(servicePort({ internalPolicy, externalPolicy }), portals);
    t.same(wanted, roles, `${internalPolicy} ${externalPolicy} ${portals.length}`);
  }
  t.equal(
    wantedRoles(servicePort(), [clusterIP]),
    wantedRoles(servicePort(), [clusterIP]),
    'no array made for most',
  );
});

t.test('a nodePort is held, but for SCTP', async (t) => {
  t.equal(claimedPort(servicePort(), [clusterIP, nodePort]), 30_080);
  t.equal(claimedPort(servicePort(), [clusterIP]), undefined);
  const sctp = servicePort({ name: { protocol: 'SCTP' } });
  t.equal(claimedPort(sctp, [clusterIP, nodePort]), undefined);
  t.same(wantedRoles(sctp, [clusterIP, nodePort]), ['Cluster']);
});

t.test('a claim has the endpoints that outsiders are led to; keys tell listeners apart', async (t) => {
  t.equal(scopeOf('nodePort', { internalPolicy: 'Cluster', externalPolicy: 'Local' }), 'Local');
  t.equal(scopeOf('Cluster', { internalPolicy: 'Local', externalPolicy: 'Local' }), 'Cluster');
  t.same(
    (['Cluster', 'Local', 'nodePort'] as const).map((role) => listenerKey('default/web/TCP/IPv4', role)),
    ['default/web/TCP/IPv4', 'default/web/TCP/IPv4 Local', 'default/web/TCP/IPv4 nodePort'],
  );
});
