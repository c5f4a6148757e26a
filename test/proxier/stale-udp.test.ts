// From old rules to new: which UDP portals have conntrack entries to be looked at, and which of these are right.
import t from 'tap';
import type { DesiredRules, Disposition, Portal, PortalWay } from '../../lib/proxier/rule-applier.js';
import {
  noUdpRoutes,
  staleUdp,
  standingUdpRoutes,
  udpAtLostAddresses,
  udpRoutes,
} from '../../lib/proxier/stale-udp.js';

const local = new Set(['127.0.0.1', '192.0.2.1']);
const everybody = (proxyPort: number): PortalWay => ({ from: 'everybody', proxyPort });
const cluster = (proxyPort: number): PortalWay => ({ from: 'cluster', proxyPort });

function portal(
  ip: string,
  port: number,
  ways: readonly PortalWay[],
  protocol: 'UDP' | 'TCP' = 'UDP',
): Portal {
  const kind = ip === '' ? 'nodePort' : 'clusterIP';
  const servicePortName = { namespace: 'default', name: 'dns', port: '', protocol };
  return { ipFamily: 'IPv4', kind, ip, port, protocol, servicePortName, ways };
}

function desire(
  portals: readonly Portal[],
  dispositions: Readonly<Record<number, Disposition>> = {},
  rest: Partial<DesiredRules> = {},
): DesiredRules {
  const proxyPorts = portals.flatMap(({ protocol, ways }) =>
    ways.map(
      ({ proxyPort: port }) =>
        ({ protocol, port, ipFamily: 'IPv4', disposition: dispositions[port] ?? 'serve' }) as const,
    ),
  );
  return {
    portals,
    proxyPorts,
    steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
    detectLocal: none,
    nodePortAddresses: 'all',
    localhostNodePorts: true,
    dropInvalid: true,
    ...rest,
  };
}

const none = { kind: 'none' } as const;
const routes = (desired: DesiredRules) => udpRoutes(desired, 'IPv4', local);
const stale = (before: DesiredRules | undefined, after: DesiredRules, all = false) =>
  staleUdp('IPv4', before ? routes(before) : noUdpRoutes, routes(after), all).map(
    ({ ip, port, proxyPorts }) => `${ip}:${port} ${proxyPorts.join('+')}`,
  );

const dns = (proxyPort: number) => portal('10.96.0.10', 53, [everybody(proxyPort)]);

t.test(
  'portals that are new, gone, moved or refused; not those of TCP, nor of the other family',
  async (t) => {
    const one = desire([dns(1), portal('10.96.0.10', 53, [everybody(2)], 'TCP')]);
    t.same(stale(undefined, one), ['10.96.0.10:53 1']);
    t.same(stale(one, one), []);
    t.same(stale(one, desire([])), ['10.96.0.10:53 ']);
    t.same(stale(one, desire([dns(3)])), ['10.96.0.10:53 3']);
    t.same(stale(one, desire([dns(1)], { 1: 'refuse' })), ['10.96.0.10:53 ']);
    t.same(stale(desire([dns(1)], { 1: 'refuse' }), one), ['10.96.0.10:53 1']);
    t.same(
      stale(desire([dns(1)], { 1: 'refuse' }), desire([dns(1)], { 1: 'drop' })),
      [],
      'no entry came to be',
    );
    t.same(stale(one, one, true), ['10.96.0.10:53 1'], 'all, when in doubt');
    t.equal(udpRoutes(one, 'IPv6', local).byPortal.size, 0);
  },
);

t.test('when the ways of a portal change, an entry that may be of the wrong sender goes', async (t) => {
  const toAll = desire([portal('', 30_053, [everybody(1)])]);
  const byScope = desire([portal('', 30_053, [cluster(1), everybody(2)])]);
  t.same(stale(toAll, byScope), [':30053 '], 'outsiders were led to what is for the cluster alone now');
  t.same(stale(byScope, toAll), [':30053 1']);
  t.same(stale(byScope, desire([portal('', 30_053, [cluster(1), everybody(3)])])), [':30053 1']);
  t.same(stale(byScope, desire(byScope.portals, { 2: 'drop' })), [':30053 1'], "the cluster's flows go on");
  t.same(stale(byScope, desire(byScope.portals), true), [':30053 1+2']);
  t.same(stale(undefined, byScope), [':30053 '], 'nothing is known of them');
});

t.test('when pods are told from others in another way, portals with two ways are in doubt', async (t) => {
  const portals = [portal('', 30_053, [cluster(1), everybody(2)]), dns(1)];
  const detectLocal = { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/24'], IPv6: [] } } as const;
  t.same(stale(desire(portals), desire(portals, {}, { detectLocal })), [':30053 ']);
});

t.test('rules of an earlier run count as what they say', async (t) => {
  const before = standingUdpRoutes(
    [
      { ipFamily: 'IPv4', ip: '', port: 30_053, protocol: 'UDP', ways: [cluster(1), everybody(2)] },
      { ipFamily: 'IPv4', ip: '10.96.0.99', port: 53, protocol: 'UDP', ways: [everybody(9)] },
      { ipFamily: 'IPv6', ip: 'fd00::1', port: 53, protocol: 'UDP', ways: [everybody(9)] },
      { ipFamily: 'IPv4', ip: '10.96.0.98', port: 53, protocol: 'TCP', ways: [everybody(9)] },
    ],
    'IPv4',
  );
  const after = routes(desire([portal('', 30_053, [cluster(1), everybody(2)])]));
  t.same(staleUdp('IPv4', before, after, true), [
    { ipFamily: 'IPv4', ip: '', port: 30_053, proxyPorts: [1, 2] },
    { ipFamily: 'IPv4', ip: '10.96.0.99', port: 53, proxyPorts: [] },
  ]);
});

t.test('nodePorts that are offered on fewer addresses', async (t) => {
  const portals = [portal('', 30_053, [everybody(1)]), dns(1)];
  const all = desire(portals);
  const some = desire(portals, {}, { nodePortAddresses: { IPv4: ['127.0.0.1', '192.0.2.1'], IPv6: [] } });
  const notLocalhost = desire(portals, {}, { localhostNodePorts: false });
  const lookedAt = (before: DesiredRules, after: DesiredRules) =>
    staleUdp('IPv4', routes(before), routes(after), false).map(({ port, addresses }) => [
      port,
      addresses && [...addresses],
    ]);
  t.same(lookedAt(all, some), [[30_053, ['127.0.0.1', '192.0.2.1']]]);
  t.same(lookedAt(some, notLocalhost), [[30_053, ['192.0.2.1']]]);
  t.same(lookedAt(notLocalhost, all), [[30_053, undefined]]);
  t.same(lookedAt(some, some), []);
});

t.test('at an address that was lost no nodePort is right', async (t) => {
  const known = routes(desire([portal('', 30_053, [everybody(1)]), dns(1)]));
  t.same(udpAtLostAddresses('IPv4', known, ['192.0.2.9']), [
    { ipFamily: 'IPv4', ip: '192.0.2.9', port: 30_053, proxyPorts: [] },
  ]);
});
