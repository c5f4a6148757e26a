// The whole applier on real iptables, both variants, both families: what is written reads back the same, costs nothing
// the second time, leaves other people's rules alone, and survives failures.
import t, { type Test } from 'tap';
import { createNamespace, type Namespace } from '../../lib/demo/namespaces.js';
import { createRuleApplier } from '../../lib/iptables/applier.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import { type IpFamily, ipFamilies } from '../../lib/model/ip.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { RuleApplier } from '../../lib/proxier/rule-applier.js';
import type { FamilyRules } from '../../lib/rules/chains.js';
import type { StandingPortal } from '../../lib/rules/portal.js';
import { parseSave, standingRules } from '../../lib/rules/save-text.js';
import { desire, manyNodePorts, manyPortals, nodePort, portal } from '../states/example-portals.js';
import { scenes } from '../states/scenes.js';
import { chainsOf } from '../states/state.js';
import {
  execInside,
  foreignRules,
  oldKubeProxy,
  programOf,
  type RecordedExec,
  run,
  saved,
  toolsOf,
  variants,
} from './inside.js';

interface Setting extends RecordedExec {
  readonly node: Namespace;
  readonly applier: RuleApplier;
  standing(ipFamily: IpFamily): Promise<FamilyRules>;
}

async function setUp(t: Test, variant: IptablesVariant): Promise<Setting> {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const recorded = execInside(node);
  const applier = createRuleApplier({ exec: recorded.exec, log: silentLog, tools: toolsOf(variant) });
  const standing = async (ipFamily: IpFamily) =>
    standingRules(parseSave(await saved(node, variant, ipFamily)));
  return { ...recorded, node, applier, standing };
}

const everyKind = [
  ...manyPortals(40),
  ...manyPortals(40, 'IPv6'),
  ...manyNodePorts(20),
  nodePort('IPv6', 30_080, { clusterPort: 40_010, proxyPort: 40_011 }),
  portal('203.0.113.1', 80, { clusterPort: 40_012, proxyPort: 40_013, sourceRanges: ['192.168.77.0/24'] }),
];
const dual = desire(everyKind);
const web = portal('10.96.0.1', 80, { proxyPort: 40_000 });
const web6 = portal('fd00:10:96::1', 80, { proxyPort: 40_001 });

const to40001 = JSON.stringify([{ from: 'everybody', proxyPort: 40_001 }]);

function restoresIn(runs: readonly string[]): readonly string[] {
  return runs.filter((line) => line.includes('-restore'));
}

for (const variant of variants) {
  t.test(variant, async (t) => {
    t.test('what was written reads back as it was, in every scene', async (t) => {
      const { applier, standing } = await setUp(t, variant);
      const desires = [...Object.values(scenes).map(({ desired }) => desired), dual];
      for (const desired of desires) {
        const report = await applier.apply(desired);
        t.same(report.failures, []);
        for (const ipFamily of ipFamilies) {
          const wanted = chainsOf(desired, ipFamily);
          const there = await standing(ipFamily);
          if (wanted.nat.chains.size === 4 && there.nat.chains.size === 0) continue; // never used so far
          t.same(sorted(there), sorted(wanted), ipFamily);
        }
      }
    });

    t.test('the same again starts no process; unknown, it is read, and nothing is written', async (t) => {
      const { applier, taken } = await setUp(t, variant);
      const first = await applier.apply(dual);
      const { nat, filter } = first.rulesTotal.IPv4;
      const { IPv6 } = first.rulesTotal;
      t.equal(first.rulesWritten, nat + filter + IPv6.nat + IPv6.filter);
      t.same(first.rulesLast, first.rulesTotal);
      t.ok(nat + IPv6.nat > 80, 'a rule for each portal');
      t.same([first.rulesDeleted, first.failures], [0, []]);
      t.equal(taken().length, 4, 'one save and one restore a family');

      const zero = { nat: 0, filter: 0 };
      const rulesLast = { IPv4: zero, IPv6: zero };
      const none = {
        rulesWritten: 0,
        rulesDeleted: 0,
        rulesTotal: first.rulesTotal,
        rulesLast,
        failures: [],
      };
      t.same(await applier.apply(dual), none);
      t.same(
        await applier.apply({ ...dual, portals: [...dual.portals] }),
        none,
        'another object that says the same',
      );
      t.same(taken(), []);

      applier.invalidate();
      t.same(await applier.apply(dual), none);
      t.same(
        [...taken()].sort(),
        [`${programOf(variant, 'IPv6')}-save`, `${programOf(variant, 'IPv4')}-save`].sort(),
      );
    });

    t.test('a second run of the program finds its portals and writes nothing', async (t) => {
      const { applier, exec, taken } = await setUp(t, variant);
      await applier.apply(dual);
      taken();
      const next = createRuleApplier({ exec, log: silentLog, tools: toolsOf(variant) });
      const portals = await next.standing();
      t.same(portals.map(describe).sort(), dual.portals.map(describe).sort());
      t.equal((await next.apply(dual)).rulesWritten, 0);
      t.same(restoresIn(taken()), []);
    });

    t.test('one Service more is one small restore in its own family', async (t) => {
      const { applier, standing, taken } = await setUp(t, variant);
      await applier.apply(dual);
      taken();
      const more = desire([...everyKind, web]);
      const report = await applier.apply(more);
      t.ok(report.rulesWritten < 40, `${report.rulesWritten} lines`);
      t.equal(taken().length, 1);
      t.same(sorted(await standing('IPv4')), sorted(chainsOf(more, 'IPv4')));
    });

    t.test('other people’s rules stay, and stay in order', async (t) => {
      const { applier, node } = await setUp(t, variant);
      for (const ipFamily of ipFamilies) {
        await run(node, `${programOf(variant, ipFamily)}-restore`, foreignRules(ipFamily));
      }
      const before = await Promise.all(ipFamilies.map((ipFamily) => saved(node, variant, ipFamily)));
      for (const desired of [dual, desire([web, web6]), desire([])]) {
        await applier.apply(desired);
        const after = await Promise.all(ipFamilies.map((ipFamily) => saved(node, variant, ipFamily)));
        t.same(after.map(withoutOurs), before);
      }
      t.match(
        await run(node, `${programOf(variant, 'IPv4')} -S INPUT`),
        /^-P .*\n.* -j KUBE-PORTALS-FILTER\n/,
        'ours first',
      );
      t.match(
        await run(node, `${programOf(variant, 'IPv4')} -t nat -S PREROUTING`),
        / -j DOCKER\n.* -j KUBE-NODEPORT-CONTAINER\n$/,
        'the nodePorts last',
      );
    });

    t.test('a family without Services is not touched; one that lost its last keeps the hooks', async (t) => {
      const { applier, node, standing } = await setUp(t, variant);
      await applier.apply(desire([web]));
      t.notMatch(await saved(node, variant, 'IPv6'), /KUBE/);
      const report = await applier.apply(desire([]));
      t.same(await standing('IPv4'), chainsOf(desire([]), 'IPv4'));
      t.same(report.rulesTotal, { IPv4: { nat: 4, filter: 8 }, IPv6: { nat: 0, filter: 0 } });
    });

    t.test('one family fails: the other is served, and the next apply reads before it writes', async (t) => {
      const { applier, intercept, standing, taken } = await setUp(t, variant);
      intercept((file) =>
        file.startsWith('ip6tables') && file.endsWith('-restore')
          ? Promise.resolve({ status: 4, stdout: '', stderr: 'line 2: RULE_APPEND failed' })
          : undefined,
      );
      const report = await applier.apply(dual);
      t.same(
        report.failures.map(({ ipFamily }) => ipFamily),
        ['IPv6'],
      );
      t.match(report.failures[0]?.error, {
        message: /restore: line 2: RULE_APPEND failed; the line is: :KUBE-PORTALS/,
      });
      t.same(sorted(await standing('IPv4')), sorted(chainsOf(dual, 'IPv4')));
      t.equal((await standing('IPv6')).nat.chains.size, 0);

      intercept(undefined);
      taken();
      t.same((await applier.apply(dual)).failures, []);
      t.same(
        taken().map((line) => line.split(' ')[0]),
        [`${programOf(variant, 'IPv6')}-save`, `${programOf(variant, 'IPv6')}-restore`],
      );
      t.same(sorted(await standing('IPv6')), sorted(chainsOf(dual, 'IPv6')));
    });

    t.test('nat fails after the filter: the old portals still stand, and are mended', async (t) => {
      const { applier, node, intercept, standing } = await setUp(t, variant);
      await applier.apply(desire([web]));
      intercept((file, { input }) => {
        if (!file.endsWith('-restore') || input === undefined) return undefined;
        const spoiled = input.replace('*nat\n', '*nat\n-A NO-SUCH-CHAIN -j ACCEPT\n');
        return node.run([file, '--noflush'], { input: spoiled });
      });
      const next = desire([web, portal('10.96.0.2', 80, { proxyPort: 40_002, disposition: 'refuse' })]);
      const report = await applier.apply(next);
      t.same(
        report.failures.map(({ ipFamily }) => ipFamily),
        ['IPv4'],
      );
      const half = await standing('IPv4');
      t.same(half.filter, chainsOf(next, 'IPv4').filter, 'the new filter');
      t.same(half.nat, chainsOf(desire([web]), 'IPv4').nat, 'the old portals');

      intercept(undefined);
      t.same((await applier.apply(next)).failures, []);
      t.same(await standing('IPv4'), chainsOf(next, 'IPv4'));
    });

    t.test('killed at any moment, each table is as it was or as it should be', async (t) => {
      const { applier, node, intercept, standing } = await setUp(t, variant);
      const small = desire([web]);
      const large = desire(manyPortals(1500));
      for (const afterMs of [0, 4, 16, 64]) {
        await applier.apply(small);
        intercept((file, { input }) => {
          if (!file.endsWith('-restore') || input === undefined) return undefined;
          return killedAfter(node, file, input, afterMs);
        });
        await applier.apply(large);
        intercept(undefined);
        const there = await standing('IPv4');
        for (const table of ['nat', 'filter'] as const) {
          const states = [small, large].map((desired) => sortedTable(chainsOf(desired)[table]));
          t.ok(states.includes(sortedTable(there[table])), `${table} after ${afterMs} ms`);
        }
      }
    });

    t.test('2,000 portals are one save and one restore', async (t) => {
      const { applier, standing, taken } = await setUp(t, variant);
      const desired = desire(manyPortals(2000));
      const startMs = performance.now();
      const report = await applier.apply(desired);
      const elapsedMs = performance.now() - startMs;
      t.same(report.failures, []);
      t.same(restoresIn(taken()).length, 1);
      t.ok(elapsedMs < 20_000, `${Math.round(elapsedMs)} ms`);
      t.same(sorted(await standing('IPv4')), sorted(chainsOf(desired)));
      t.equal((await applier.apply(desire(manyPortals(2001)))).failures.length, 0);
      t.equal(await applier.check(), 'in-place');
    });

    t.test(
      'drift is found by check() and mended by apply(), and a change elsewhere is no drift',
      async (t) => {
        const { applier, node, standing, taken } = await setUp(t, variant);
        await applier.apply(dual);
        t.equal(await applier.check(), 'in-place');
        await run(node, `${programOf(variant, 'IPv4')} -I INPUT -p tcp --dport 22 -j ACCEPT`);
        t.equal(await applier.check(), 'in-place');
        await run(node, `${programOf(variant, 'IPv6')} -t nat -F`);
        t.equal(await applier.check(), 'drifted');
        taken();
        const report = await applier.apply(dual);
        t.ok(report.rulesWritten > 0);
        t.ok(
          taken().every((line) => line.startsWith('ip6tables')),
          'IPv4 needed nothing',
        );
        t.same(sorted(await standing('IPv6')), sorted(chainsOf(dual, 'IPv6')));
        t.equal(await applier.check(), 'in-place');
      },
    );

    t.test('what kube-proxy’s userspace mode left is read, and taken over in place', async (t) => {
      const { applier, node, standing } = await setUp(t, variant);
      await run(node, `${programOf(variant, 'IPv4')}-restore --noflush`, oldKubeProxy);
      const found = await applier.standing();
      t.same(found.map(describe), [` 30080 TCP ${to40001}`]);
      const desired = desire([web, nodePort('IPv4', 30_080, { proxyPort: 40_001 })]);
      t.same((await applier.apply(desired)).failures, []);
      t.same(sorted(await standing('IPv4')), sorted(chainsOf(desired)));
      const text = await saved(node, variant, 'IPv4');
      t.equal(text.match(/^-A PREROUTING .* -j KUBE-NODEPORT-CONTAINER$/gm)?.length, 1, 'its jump is ours');
      t.match(text, /KUBE-NODEPORT-NON-LOCAL/, 'what is no chain of ours is left to cleanup');
    });

    t.test('cleanup takes all of it; the next apply puts it back', async (t) => {
      const { applier, node, standing } = await setUp(t, variant);
      await applier.apply(dual);
      t.equal(await applier.cleanup(), true);
      for (const ipFamily of ipFamilies) t.notMatch(await saved(node, variant, ipFamily), /KUBE/);
      t.equal(await applier.cleanup(), false);
      await applier.apply(dual);
      t.same(sorted(await standing('IPv4')), sorted(chainsOf(dual, 'IPv4')));
    });
  });
}

/** The order in which iptables-save prints chains is not ours to say. */
function sorted({ nat, filter }: FamilyRules): object {
  return { nat: JSON.parse(sortedTable(nat)), filter: JSON.parse(sortedTable(filter)) };
}

function sortedTable({ chains, jumps }: FamilyRules['nat']): string {
  return JSON.stringify({ chains: [...chains].sort(([a], [b]) => (a < b ? -1 : 1)), jumps });
}

function withoutOurs(text: string): string {
  return text.replaceAll(/^.*KUBE-(PORTALS|NODEPORT)-.*\n/gm, '');
}

function describe({ ip, port, protocol, ways }: Omit<StandingPortal, 'ipFamily'>): string {
  return `${ip} ${port} ${protocol} ${JSON.stringify(ways)}`;
}

function killedAfter(node: Namespace, file: string, input: string, afterMs: number) {
  const child = node.spawn([file, '--noflush'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    child.once('exit', (status) => {
      clearTimeout(timer);
      resolve({ status: status ?? 137, stdout: '', stderr: 'killed' });
    });
  });
}
