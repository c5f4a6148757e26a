// Portals in, the whole state of the packet filter out; what it costs, and where packets end up.
import t from 'tap';
import {
  containerChain,
  filterChain,
  firewallChain,
  hostChain,
  nodePortContainerChain,
  nodePortHostChain,
} from '../../lib/rules/chains.js';
import { desiredChains, isFamilyUnused } from '../../lib/rules/desired-chains.js';
import { createPortalRules } from '../../lib/rules/portal-rule.js';
import { restoreText } from '../../lib/rules/restore-text.js';
import { countRules } from '../../lib/rules/save-text.js';
import {
  desire,
  type ExamplePortal,
  manyNodePorts,
  manyPortals,
  nodePort,
  portal,
} from '../states/example-portals.js';
import { scenes } from '../states/scenes.js';
import { chainsOf, nothingStands, readState, stateText } from '../states/state.js';
import { walk } from '../states/walk.js';

for (const [name, { ipFamily, desired }] of Object.entries(scenes)) {
  t.test(`${name}: the whole state is as in test/states/${name}.txt`, async (t) => {
    t.equal(stateText(desired, ipFamily), readState(name));
  });
}

t.test('the state is the same in whatever order the portals come', async (t) => {
  const portals = manyPortals(200);
  t.equal(stateText(desire([...portals].reverse())), stateText(desire(portals)));
});

/**
 * Costs are specification. `rules` and `chains` in both tables, jumps included; `walked`: rules that a packet meets, at
 * most, on its way through each table; `written`: rule lines of the restore that adds one more Service.
 */
const costs = [
  { services: 1, rules: 16, chains: 9, walked: { nat: 1, filter: 5 }, written: 5 },
  { services: 16, rules: 50, chains: 10, walked: { nat: 16, filter: 9 }, written: 27 },
  { services: 17, rules: 41, chains: 15, walked: { nat: 9, filter: 9 }, written: 9 },
  { services: 1_000, rules: 1_352, chains: 178, walked: { nat: 29, filter: 20 }, written: 31 },
  { services: 10_000, rules: 12_764, chains: 1_720, walked: { nat: 30, filter: 25 }, written: 18 },
];

for (const { services, rules, chains, walked, written } of costs) {
  for (const ipFamily of ['IPv4', 'IPv6'] as const) {
    t.test(`${services} Services in ${ipFamily}: rules, chains, the longest walk, one more`, async (t) => {
      const portals = manyPortals(services + 1, ipFamily);
      const state = chainsOf(desire(portals.slice(0, services)), ipFamily);
      const longest = { nat: 0, filter: 0 };
      for (const { ip, port, proxyPort, disposition } of portals.slice(0, services)) {
        const packet = { ip, port, protocol: 'tcp' } as const;
        const nat = walk(state.nat.chains, containerChain, packet);
        if (nat.verdict !== `REDIRECT --to-ports ${proxyPort}`) t.fail(`${ip} got ${nat.verdict}`);
        const led = walk(state.filter.chains, filterChain, { ...packet, port: proxyPort, translated: true });
        if ((led.verdict !== undefined) !== (disposition === 'refuse'))
          t.fail(`${ip}, to ${disposition}: ${led.verdict}`);
        const direct = walk(state.filter.chains, filterChain, { ...packet, port: proxyPort });
        if (direct.verdict !== 'REJECT --reject-with tcp-reset')
          t.fail(`direct ${proxyPort}: ${direct.verdict}`);
        longest.nat = Math.max(longest.nat, nat.rulesSeen);
        longest.filter = Math.max(longest.filter, led.rulesSeen, direct.rulesSeen);
      }
      t.equal(countRules(state.nat) + countRules(state.filter), rules, 'rules');
      t.equal(state.nat.chains.size + state.filter.chains.size, chains, 'chains');
      t.same(longest, walked, 'rules walked');
      const more = restoreText(state, chainsOf(desire(portals), ipFamily));
      t.equal(more.rulesWritten, written, 'lines written for one Service more');
    });
  }
}

t.test('a packet that is for no portal passes after a rule or two', async (t) => {
  const state = chainsOf(desire(manyPortals(10_000)));
  for (const root of [containerChain, hostChain]) {
    t.same(walk(state.nat.chains, root, { ip: '192.168.77.2', port: 80, protocol: 'tcp' }), {
      verdict: undefined,
      rulesSeen: 1,
      depth: 1,
    });
  }
  const ssh = walk(state.filter.chains, filterChain, { ip: '192.168.77.1', port: 22, protocol: 'tcp' });
  t.same([ssh.verdict, ssh.rulesSeen], [undefined, 5]);
});

t.test('a port, an address or a protocol that no Service has is not captured', async (t) => {
  const { nat } = chainsOf(scenes['many-services']?.desired ?? desire([]));
  const verdictOf = (ip: string, port: number, protocol: 'tcp' | 'udp') =>
    walk(nat.chains, hostChain, { ip, port, protocol }).verdict;
  t.equal(verdictOf('10.96.0.50', 8017, 'tcp'), 'REDIRECT --to-ports 40017');
  t.equal(verdictOf('10.96.0.50', 8018, 'tcp'), undefined);
  t.equal(verdictOf('10.96.0.50', 8017, 'udp'), undefined);
  t.equal(verdictOf('10.96.0.51', 8017, 'tcp'), undefined);
  t.equal(verdictOf('203.0.113.9', 80, 'tcp'), 'REDIRECT --to-ports 41000');
});

t.test('a proxy port is served, refused or dropped, whatever portals lead there', async (t) => {
  const { filter } = chainsOf(
    desire([
      portal('10.96.0.1', 80, { proxyPort: 40_000 }),
      portal('10.96.0.2', 80, { proxyPort: 40_001, disposition: 'refuse' }),
      portal('203.0.113.1', 80, { clusterPort: 40_000, proxyPort: 40_002, disposition: 'drop' }),
      portal('203.0.113.1', 9000, { protocol: 'SCTP', proxyPort: 40_003, disposition: 'drop' }),
    ]),
  );
  const verdictOf = (port: number, protocol: 'tcp' | 'sctp' = 'tcp') =>
    walk(filter.chains, filterChain, { ip: '127.0.0.1', port, protocol, translated: true }).verdict;
  t.equal(verdictOf(40_000), undefined);
  t.equal(verdictOf(40_001), 'REJECT --reject-with tcp-reset');
  t.equal(verdictOf(40_002), 'DROP');
  t.equal(verdictOf(40_003, 'sctp'), 'DROP');
});

t.test('a listener that waits for its portal is closed to direct hits already', async (t) => {
  const desired = desire([], {
    proxyPorts: [{ protocol: 'UDP', port: 40_000, ipFamily: 'IPv4', disposition: 'serve' }],
  });
  const { filter } = chainsOf(desired);
  const packet = { ip: '127.0.0.1', port: 40_000, protocol: 'udp' } as const;
  t.equal(walk(filter.chains, filterChain, packet).verdict, 'REJECT --reject-with icmp-port-unreachable');
  t.notOk(isFamilyUnused(desired, 'IPv4'));
  t.ok(isFamilyUnused(desired, 'IPv6'));
});

t.test('after one Service changed, a sync at 10,000 makes one new rule and takes milliseconds', async (t) => {
  const portals = manyPortals(10_000);
  const [first, ...rest] = portals;
  const portalRules = createPortalRules();
  const before = desiredChains(desire(portals), 'IPv4', portalRules);
  const changed = desire([portal(first?.ip ?? '', 80, { proxyPort: 50_000 }), ...rest]);
  const startMs = performance.now();
  const after = desiredChains(changed, 'IPv4', portalRules);
  const { rulesWritten } = restoreText(before, after);
  const elapsedMs = performance.now() - startMs;
  t.ok(rulesWritten < 40, `${rulesWritten} lines`);
  t.ok(elapsedMs < 1_000, `${elapsedMs} ms; 20 on an idle machine`);
  t.same(restoreText(after, after), { text: '', rulesWritten: 0, rulesDeleted: 0 });
  t.ok(restoreText(nothingStands, after).rulesWritten > 10_000);
});

/** Rules that one portal adds to each table; its proxy port, which it may share, is one item of a list in the filter. */
const cidrs = { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } } as const;
const perPortal: readonly [what: string, portal: ExamplePortal, nat: number, filter: number][] = [
  ['a clusterIP or an external IP', portal('10.96.0.1', 80), 2, 0],
  ['a nodePort', nodePort('IPv4', 30_080), 2, 0],
  ['an external IP with the short circuit', portal('203.0.113.1', 80, { clusterPort: 9 }), 6, 0],
  ['a nodePort with the short circuit', nodePort('IPv4', 30_080, { clusterPort: 9 }), 6, 0],
  [
    'a load balancer with two source ranges: a guard, and the jumps of FORWARD and OUTPUT with the first one',
    portal('203.0.113.1', 80, { sourceRanges: ['192.0.2.0/24', '198.51.100.0/24'] }),
    4,
    3,
  ],
  ['a load balancer for nobody', portal('203.0.113.1', 80, { sourceRanges: [] }), 0, 3],
];

for (const [what, one, nat, filter] of perPortal) {
  t.test(`what it costs: ${what}`, async (t) => {
    const { proxyPorts } = desire([one]);
    const rest = { proxyPorts, detectLocal: cidrs, dropInvalid: false };
    const without = chainsOf(desire([], rest));
    const withIt = chainsOf(desire([one], rest));
    t.equal(countRules(withIt.nat) - countRules(without.nat), nat, 'nat');
    t.equal(countRules(withIt.filter) - countRules(without.filter), filter, 'filter');
  });
}

t.test(
  'what becomes of a listener’s endpoints is one rule of the filter, and nat is not touched',
  async (t) => {
    const state = (disposition: 'serve' | 'refuse' | 'drop') =>
      chainsOf(desire([nodePort('IPv4', 30_080, { disposition }), ...manyPortals(100)]));
    for (const disposition of ['refuse', 'drop'] as const) {
      const { text, rulesWritten } = restoreText(state('serve'), state(disposition));
      t.notMatch(text, /\*nat/);
      t.ok(rulesWritten <= 2, `${rulesWritten}`);
    }
  },
);

const nodePortCosts = [
  { count: 16, rules: 36, chains: 4, walked: 16, written: 26 },
  { count: 17, rules: 26, chains: 8, walked: 10, written: 12 },
  { count: 2_767, rules: 3_003, chains: 235, walked: 32, written: 20 },
];

for (const { count, rules, chains, walked, written } of nodePortCosts) {
  t.test(`${count} nodePorts: rules, chains, the longest walk, one more`, async (t) => {
    const portals = manyNodePorts(count + 1);
    const state = chainsOf(desire(portals.slice(0, count)));
    let longest = 0;
    for (const { port, proxyPort } of portals.slice(0, count)) {
      const packet = { ip: '192.168.77.1', port, protocol: 'tcp' } as const;
      for (const root of [nodePortContainerChain, nodePortHostChain]) {
        const { verdict, rulesSeen } = walk(state.nat.chains, root, packet);
        if (verdict !== `REDIRECT --to-ports ${proxyPort}`) t.fail(`${port} got ${verdict}`);
        longest = Math.max(longest, rulesSeen);
      }
    }
    t.equal(countRules(state.nat), rules, 'rules of nat');
    t.equal(state.nat.chains.size, chains, 'chains of nat');
    t.equal(longest, walked, 'rules walked');
    const { rulesWritten } = restoreText(state, chainsOf(desire(portals)));
    t.equal(rulesWritten, written, 'lines written for one nodePort more');
  });
}

t.test('1,000 load balancers with source ranges: a guard is soon found, and others soon pass', async (t) => {
  const portals = manyPortals(1_000, 'IPv4', { sourceRanges: ['192.0.2.0/24'] });
  const { filter } = chainsOf(desire(portals));
  let longest = 0;
  for (const { ip, port } of portals) {
    const { verdict, rulesSeen } = walk(filter.chains, firewallChain, { ip, port, protocol: 'tcp' });
    if (verdict !== 'DROP') t.fail(`${ip}: ${verdict}`);
    longest = Math.max(longest, rulesSeen);
  }
  t.equal(longest, 29);
  const other = walk(filter.chains, firewallChain, { ip: '198.51.100.1', port: 80, protocol: 'tcp' });
  t.same([other.verdict, other.rulesSeen], [undefined, 1]);
});

t.test('which addresses have nodePorts', async (t) => {
  const ask = (rest: Parameters<typeof desire>[1], ipFamily: 'IPv4' | 'IPv6' = 'IPv4') => {
    const { nat } = chainsOf(desire([nodePort(ipFamily, 30_080)], rest), ipFamily);
    return (ip: string) =>
      walk(nat.chains, nodePortHostChain, { ip, port: 30_080, protocol: 'tcp' }).verdict !== undefined;
  };
  const table: readonly [rest: Parameters<typeof desire>[1], ip: string, answers: boolean][] = [
    [{}, '192.168.77.1', true],
    [{}, '127.0.0.1', true],
    [{}, '::1', true],
    [{ localhostNodePorts: false }, '192.168.77.1', true],
    [{ localhostNodePorts: false }, '127.0.0.1', false],
    [{ localhostNodePorts: false }, '127.8.8.8', false],
    [{ localhostNodePorts: false }, '::1', false],
    [{ nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: [] } }, '192.168.77.1', true],
    [{ nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: [] } }, '10.244.0.1', false],
    [{ nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: [] } }, '127.0.0.1', false],
    [{ nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: [] } }, '::1', false],
    [{ nodePortAddresses: { IPv4: [], IPv6: ['::1', 'fd00::1'] } }, '::1', true],
    [{ nodePortAddresses: { IPv4: [], IPv6: ['::1', 'fd00::1'] }, localhostNodePorts: false }, '::1', false],
    [
      { nodePortAddresses: { IPv4: [], IPv6: ['::1', 'fd00::1'] }, localhostNodePorts: false },
      'fd00::1',
      true,
    ],
  ];
  for (const [rest, ip, answers] of table) {
    const asked = ask(rest, ip.includes(':') ? 'IPv6' : 'IPv4');
    t.equal(asked(ip), answers, `${JSON.stringify(rest)}: ${ip}`);
  }
});
