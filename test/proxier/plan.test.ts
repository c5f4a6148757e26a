// From portals and open listeners to desired rules, keeping what did not change.
import t from 'tap';
import { portalsOf } from '../../lib/model/portals-of.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import type { ListenersOfServicePort } from '../../lib/proxier/held-listener.js';
import { type PlanSources, planRules, portalKey } from '../../lib/proxier/plan.js';
import type { RuleSetting } from '../../lib/proxier/rule-setting.js';
import { held, usableOf } from '../support/held.js';
import { servicePort } from '../support/service-port.js';

const setting: RuleSetting = {
  steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
  localhostNodePorts: true,
  dropInvalid: true,
};

type Item = readonly [ServicePort, ListenersOfServicePort];

function sources(items: readonly Item[], rest: Partial<PlanSources> = {}): PlanSources {
  return {
    servicePorts: new Map(items.map(([one]) => [one.key, one])),
    portals: new Map(items.map(([one]) => [one.key, portalsOf(one)])),
    held: new Map(items.map(([one, listeners]) => [one.key, listeners])),
    version: 0,
    blocked: new Set(),
    setting,
    nodeAddress: {},
    ...rest,
  };
}

const everybody = (proxyPort: number) => [{ from: 'everybody', proxyPort }] as const;
const some = usableOf(['10.244.0.1']);

t.test('no endpoints: refused, and the portal still leads to the port', async (t) => {
  const web = servicePort();
  const { desired } = planRules(sources([[web, held(web, { Cluster: 40_000 })]]), undefined);
  t.same(desired.portals, [
    {
      ipFamily: 'IPv4',
      kind: 'clusterIP',
      ip: '10.96.0.1',
      port: 80,
      protocol: 'TCP',
      servicePortName: web.name,
      ways: everybody(40_000),
    },
  ]);
  t.same(desired.proxyPorts, [{ protocol: 'TCP', port: 40_000, ipFamily: 'IPv4', disposition: 'refuse' }]);
});

t.test('all kinds of portals of a Service whose outside traffic stays local', async (t) => {
  const web = servicePort({
    externalPolicy: 'Local',
    nodePort: 30_080,
    externalIPs: ['203.0.113.1'],
    loadBalancerIPs: ['203.0.113.2'],
    sourceRanges: ['198.51.100.0/24'],
  });
  const listeners = held(web, { Cluster: 40_000, Local: 40_002, nodePort: 30_080 }, some);
  const { desired } = planRules(sources([[web, listeners]]), undefined);
  const shortCircuit = [{ from: 'cluster', proxyPort: 40_000 }, ...everybody(40_002)];
  t.match(desired.portals, [
    { kind: 'clusterIP', ip: '10.96.0.1', port: 80, ways: everybody(40_000) },
    { kind: 'loadBalancer', ip: '203.0.113.2', ways: shortCircuit, sourceRanges: ['198.51.100.0/24'] },
    { kind: 'externalIP', ip: '203.0.113.1', ways: shortCircuit },
    { kind: 'nodePort', ip: '', port: 30_080, ways: shortCircuit },
  ]);
  t.same(
    desired.portals.filter(({ sourceRanges }) => sourceRanges !== undefined).map(({ kind }) => kind),
    ['loadBalancer'],
  );
  t.same(
    desired.proxyPorts.map(({ port, disposition }) => [port, disposition]),
    [
      [40_000, 'serve'],
      [40_002, 'drop'],
      [30_080, 'serve'],
    ],
    'the claim is closed to all who come by themselves, and no rule leads there',
  );
});

t.test('what did not change is the same object, down to the portal', async (t) => {
  const web = servicePort({ nodePort: 30_080 });
  const api = servicePort({ name: { name: 'api' }, clusterIP: '10.96.0.2' });
  const items: Item[] = [
    [web, held(web, { Cluster: 40_000, nodePort: 30_080 }, some)],
    [api, held(api, { Cluster: 40_002 }, some)],
  ];
  const all = sources(items);
  const first = planRules(all, undefined);
  t.equal(planRules(all, first), first);
  const others = held(web, { Cluster: 40_000, nodePort: 30_080 }, usableOf(['10.244.0.7', '10.244.0.8']));
  const held2 = new Map(all.held).set(web.key, others);
  t.equal(
    planRules({ ...all, held: held2, version: 1 }, first).desired,
    first.desired,
    'endpoints are no business of the rules',
  );

  const drained: ServicePort = { ...web, drain: { kind: 'reset', afterMs: 0 } };
  const changed = planRules({ ...all, servicePorts: new Map(all.servicePorts).set(web.key, drained) }, first);
  t.equal(changed.servicePorts.get(web.key)?.portals, first.servicePorts.get(web.key)?.portals);

  const moved = servicePort({ nodePort: 30_080, clusterIP: '10.96.0.8' });
  const next = planRules(
    sources([[moved, held(moved, { Cluster: 40_000, nodePort: 30_080 }, some)], ...items.slice(1)]),
    first,
  );
  t.not(next, first);
  const portalAt = (plan: typeof first, key: string, at: number) => plan.servicePorts.get(key)?.portals[at];
  t.equal(portalAt(next, web.key, 1), portalAt(first, web.key, 1), 'its nodePort did not move');
  t.not(planRules(sources(items.slice(1)), first), first, 'one left');
  t.not(planRules({ ...all, setting: { ...setting } }, first), first, 'other setting');
});

t.test('a nodePort of another process has no rule, and the other portals have theirs', async (t) => {
  const web = servicePort({ nodePort: 30_080 });
  const all = sources([[web, held(web, { Cluster: 40_000 }, some)]]);
  const { desired } = planRules({ ...all, blocked: new Set([web.key]) }, undefined);
  t.match(desired.portals, [{ kind: 'clusterIP' }]);
  t.equal(desired.portals.length, 1);
  const first = planRules({ ...all, blocked: new Set([web.key]) }, undefined);
  t.equal(planRules(all, first).desired.portals.length, 2, 'once it is free, or ours');
});

t.test('no rule leads where no listener is: not by half for those who would be led astray', async (t) => {
  const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
  const portals = (ports: Parameters<typeof held>[1]) =>
    planRules(sources([[web, held(web, ports, some)]]), undefined).desired.portals.map(({ kind, ways }) => [
      kind,
      ways.map(({ proxyPort }) => proxyPort),
    ]);
  t.same(portals({}), []);
  t.same(
    portals({ Cluster: 40_000 }),
    [['clusterIP', [40_000]]],
    'outsiders must not get to the whole cluster',
  );
  t.same(portals({ Local: 40_002 }), [['nodePort', [40_002]]], 'pods may get to this node alone');
});

t.test('a nodePort of each family has a key of its own', async (t) => {
  const key = (ipFamily: 'IPv4' | 'IPv6') => portalKey({ ipFamily, ip: '', port: 30_080, protocol: 'TCP' });
  t.not(key('IPv4'), key('IPv6'));
});

t.test('the guard against the kernel’s own SCTP comes and goes with a plan of its own', async (t) => {
  const web = servicePort();
  const all = sources([[web, held(web, { Cluster: 40_000 }, some)]]);
  const sctpGuard = { relayPorts: { first: 1, last: 2 }, uid: 0 };
  const withGuard = { ...all, setting: { ...setting, sctpGuard } };
  const without = planRules(all, undefined);
  const guarded = planRules(withGuard, without);
  t.equal(guarded.desired.sctpGuard, sctpGuard);
  t.equal(planRules(withGuard, guarded), guarded, 'nothing changed');
  t.notOk('sctpGuard' in planRules(all, guarded).desired);
});

t.test('a host that is in the source ranges may also send from the load balancer’s address', async (t) => {
  const ranged = servicePort({ loadBalancerIPs: ['203.0.113.2'], sourceRanges: ['198.51.100.0/24'] });
  const open = servicePort({ name: { name: 'api' }, clusterIP: '10.96.0.2' });
  const all = sources([
    [ranged, held(ranged, { Cluster: 40_000 }, some)],
    [open, held(open, { Cluster: 40_002 }, some)],
  ]);
  const rangesOf = (plan: ReturnType<typeof planRules>) => plan.desired.portals[1]?.sourceRanges;
  const outside = planRules({ ...all, nodeAddress: { IPv4: '192.0.2.1' } }, undefined);
  t.same(rangesOf(outside), ['198.51.100.0/24']);
  const inside = planRules({ ...all, nodeAddress: { IPv4: '198.51.100.7' } }, outside);
  t.same(rangesOf(inside), ['198.51.100.0/24', '203.0.113.2/32']);
  t.equal(inside.servicePorts.get(open.key), outside.servicePorts.get(open.key), 'others are not asked');
  t.equal(planRules({ ...all, nodeAddress: { IPv4: '198.51.100.7' } }, inside), inside, 'says the same');
});
