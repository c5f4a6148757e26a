// From what a process says of a Service and what was looked at, to the walk.
import t from 'tap';
import { askedPorts, type Looks, probeKey, type Question, walk } from '../../lib/explain/explanation.js';
import type { LiveRule, LiveRules } from '../../lib/explain/live-rules.js';
import type { PortalDetail, ServiceDetail, ServicePortDetail } from '../../lib/proxier/service-detail.js';
import { endpointOf, portOf, wayOf } from '../support/walk.js';

const two = [wayOf({ from: 'cluster', proxyPort: 1 }), wayOf({ scope: 'Local', proxyPort: 2 })];

function detailOf(portal: Partial<PortalDetail>, port: Partial<ServicePortDetail> = {}): ServiceDetail {
  const portals = [
    { kind: 'nodePort', ip: '', port: 30_080, isBlocked: false, ways: two, ...portal } as const,
  ];
  return {
    service: 'default/web',
    exists: true,
    similar: [],
    problems: [],
    slices: [],
    strays: [],
    servicePorts: [{ ...portOf(), portals, ...port }],
    node: { name: 'here', zone: '' },
  };
}

const question: Question = {
  asked: 'default/web',
  port: undefined,
  from: { kind: 'everybody' },
  against: 'process',
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
};

type Leads = readonly number[] | 'none';

/** The ports that each hook's rules lead to, in their order; 'none': no rule. */
function looks(arriving: Leads, sent: Leads = arriving, jump = true): Looks {
  const rule = (hook: LiveRule['hook'], ports: Leads): LiveRule => {
    const ways =
      ports === 'none' ? undefined : ports.map((proxyPort) => ({ from: 'everybody', proxyPort }) as const);
    return { hook, jump, ways };
  };
  const liveRules: LiveRules = {
    find: () => ({ variant: 'nft', rules: [rule('arriving', arriving), rule('sent', sent)] }),
  };
  return { liveRules, openPorts: undefined, probes: new Map(), unknown: [] };
}

const portal = (q: Partial<Question>, detail: ServiceDetail, seen: Looks) =>
  walk({ ...question, ...q }, detail, seen).servicePorts[0]?.portals[0];

t.test('rules are in place when they lead everybody to their own listener', async (t) => {
  const state = (...args: Parameters<typeof looks>) => portal({}, detailOf({}), looks(...args))?.rule.state;
  t.equal(state([1, 2]), 'in-place');
  t.equal(state([2]), 'missing', "the cluster's rule is gone: its packets meet everybody's");
  t.equal(state([1]), 'missing');
  t.equal(state([1, 2], 'none'), 'missing');
  t.equal(state([1, 3]), 'elsewhere');
  t.equal(state([1, 2], [1, 2], false), 'unreached');
});

t.test('what is not wanted, and what could not be read', async (t) => {
  const { proxyPort: _, ...way } = wayOf();
  const none = looks('none');
  t.equal(portal({}, detailOf({ ways: [way] }), none)?.rule.state, 'not-wanted');
  t.equal(portal({}, detailOf({ kind: 'loadBalancer', sourceRanges: [] }), none)?.rule.state, 'not-wanted');
  const blind: LiveRules = { find: () => undefined };
  t.equal(portal({}, detailOf({}), { ...none, liveRules: blind })?.rule.state, 'unknown', 'of this family');
  t.equal(portal({}, detailOf({}), { ...none, liveRules: undefined })?.rule.state, 'unknown');
});

t.test('a nodePort stands at the addresses that have it', async (t) => {
  const nodePortAddresses = { IPv4: ['192.0.2.1'], IPv6: [] };
  t.match(portal({ nodePortAddresses }, detailOf({}), looks([1, 2])), {
    offeredAt: ['192.0.2.1'],
    rule: { state: 'in-place' },
  });
  const six = detailOf({}, { ipFamily: 'IPv6' });
  t.match(portal({ nodePortAddresses }, six, looks('none')), {
    offeredAt: [],
    rule: { state: 'not-wanted' },
  });
  t.notOk(
    'offeredAt' in (portal({ nodePortAddresses }, detailOf({ kind: 'externalIP' }), looks([1, 2])) ?? {}),
  );
});

t.test('one client meets one hook, and goes one way', async (t) => {
  const seen = looks([1, 2], 'none');
  const outside = portal({ from: { kind: 'outside' } }, detailOf({}), seen);
  t.match(outside, { rule: { state: 'in-place' }, ways: [{ scope: 'Local' }] });
  t.equal(outside?.ways.length, 1);
  const host = portal({ from: { kind: 'host', ip: '192.0.2.1' } }, detailOf({}), seen);
  t.match(host, { rule: { state: 'missing' }, ways: [{ from: 'cluster' }] });
});

t.test('ports are asked for by name, else by number', async (t) => {
  const ports = [portOf({ portName: '81', port: 80 }), portOf({ portName: 'b', port: 81 })];
  t.same(askedPorts(ports, '81'), ports.slice(0, 1));
  t.same(askedPorts(ports, '80'), ports.slice(0, 1));
  t.same(askedPorts(ports, 'c'), []);
  t.same(askedPorts(ports, undefined), ports);
});

t.test('probes find their endpoints, open ports their listeners', async (t) => {
  const probe = { outcome: 'refuses', elapsedMs: 2 } as const;
  const { probe: _, ...endpoint } = endpointOf(1);
  const seen: Looks = {
    ...looks([1, 2]),
    probes: new Map([[probeKey('TCP', endpoint), probe]]),
    openPorts: {
      isOpen: (protocol, ipFamily, port) => `${protocol} ${ipFamily} ${port}` === 'TCP IPv4 40000',
    },
  };
  const [port] = walk(question, detailOf({}, { endpoints: [endpoint] }), seen).servicePorts;
  t.same(port?.endpoints[0]?.probe, probe);
  t.equal(port?.listeners[0]?.isOpen, true);
});
