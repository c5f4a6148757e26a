// Portals in, the whole state of the packet filter out; what it costs, and where packets end up.
import t from 'tap';
import { containerChain, filterChain, hostChain } from '../../lib/rules/chains.js';
import { desiredChains, isFamilyUnused } from '../../lib/rules/desired-chains.js';
import { createPortalRules } from '../../lib/rules/portal-rule.js';
import { restoreText } from '../../lib/rules/restore-text.js';
import { countRules } from '../../lib/rules/save-text.js';
import { desire, manyPortals, portal, redirectBoth } from '../states/example-portals.js';
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
  { services: 1, rules: 9, chains: 5, walked: { nat: 1, filter: 3 }, written: 5 },
  { services: 16, rules: 43, chains: 6, walked: { nat: 16, filter: 7 }, written: 27 },
  { services: 17, rules: 34, chains: 11, walked: { nat: 9, filter: 7 }, written: 9 },
  { services: 1_000, rules: 1_345, chains: 174, walked: { nat: 29, filter: 18 }, written: 31 },
  { services: 10_000, rules: 12_757, chains: 1_716, walked: { nat: 30, filter: 23 }, written: 18 },
];

for (const { services, rules, chains, walked, written } of costs) {
  for (const ipFamily of ['IPv4', 'IPv6'] as const) {
    t.test(`${services} Services in ${ipFamily}: rules, chains, the longest walk, one more`, async (t) => {
      const portals = manyPortals(services + 1, ipFamily);
      const state = chainsOf(desire(portals.slice(0, services)), ipFamily);
      const longest = { nat: 0, filter: 0 };
      for (const { ip, port, proxyPort, refused } of portals.slice(0, services)) {
        const packet = { ip, port, protocol: 'tcp' } as const;
        const nat = walk(state.nat.chains, containerChain, packet);
        if (nat.verdict !== `REDIRECT --to-ports ${proxyPort}`) t.fail(`${ip} got ${nat.verdict}`);
        const led = walk(state.filter.chains, filterChain, { ...packet, port: proxyPort, translated: true });
        if ((led.verdict !== undefined) !== refused) t.fail(`${ip}, refused ${refused}: ${led.verdict}`);
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
  t.same([ssh.verdict, ssh.rulesSeen], [undefined, 3]);
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

t.test('a proxy port is refused only when every portal that leads there is', async (t) => {
  const shared = [
    portal('10.96.0.1', 80, { proxyPort: 40_000, refused: true }),
    portal('10.96.0.2', 80, { proxyPort: 40_000 }),
  ];
  const led = { ip: '127.0.0.1', port: 40_000, protocol: 'tcp', translated: true } as const;
  const served = chainsOf(desire(shared));
  t.equal(walk(served.filter.chains, filterChain, led).verdict, undefined);
  const allRefused = chainsOf(desire(shared.map((item) => ({ ...item, refused: true }))));
  t.match(walk(allRefused.filter.chains, filterChain, led).verdict, /^REJECT/);
});

t.test('a listener that waits for its portal is closed to direct hits already', async (t) => {
  const desired = {
    portals: [],
    steering: redirectBoth,
    proxyPorts: [{ protocol: 'UDP', port: 40_000, ipFamily: 'IPv4' }],
  } as const;
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
  const changed = desire([{ ...first, proxyPort: 50_000 } as (typeof portals)[number], ...rest]);
  const startMs = performance.now();
  const after = desiredChains(changed, 'IPv4', portalRules);
  const { rulesWritten } = restoreText(before, after);
  const elapsedMs = performance.now() - startMs;
  t.ok(rulesWritten < 40, `${rulesWritten} lines`);
  t.ok(elapsedMs < 1_000, `${elapsedMs} ms; 20 on an idle machine`);
  t.same(restoreText(after, after), { text: '', rulesWritten: 0, rulesDeleted: 0 });
  t.ok(restoreText(nothingStands, after).rulesWritten > 10_000);
});
