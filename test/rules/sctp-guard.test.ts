// When the kernel's own SCTP is kept quiet, and of what.
import t from 'tap';
import { isOurChain } from '../../lib/rules/chains.js';
import { restoreText } from '../../lib/rules/restore-text.js';
import { countRules, parseSave, standingRules } from '../../lib/rules/save-text.js';
import { sctpGuardChain } from '../../lib/rules/sctp-guard.js';
import { desire, portal } from '../states/example-portals.js';
import { chainsOf } from '../states/state.js';

const sctpGuard = { relayPorts: { first: 20_000, last: 29_999 }, uid: 0 };
const diameter = portal('10.96.0.7', 3868, { protocol: 'SCTP', proxyPort: 10_000 });
const guardedRules = { ...desire([diameter]), sctpGuard };

t.test(
  'what the kernel itself says from a port of ours is dropped, what a program of ours says is not',
  async (t) => {
    const { filter } = chainsOf(guardedRules);
    t.same(filter.chains.get(sctpGuardChain), [
      '-m owner --uid-owner 0 -m comment --comment "sent by a program" -j RETURN',
      '-p sctp -m sctp --sport 20000:29999 -j DROP',
      '-p sctp -m multiport --sports 10000 -j DROP',
    ]);
    t.same(filter.jumps.at(-1), {
      from: 'OUTPUT',
      at: 'top',
      rule: '-p sctp -m comment --comment "SCTP of the kernel itself" -j KUBE-PORTALS-SCTP',
    });
    t.ok(isOurChain(sctpGuardChain), 'cleanup takes it along');
  },
);

t.test('no rule where it is not wanted, or nobody listens for SCTP in the family', async (t) => {
  const cases = {
    'no module': chainsOf(desire([diameter])),
    'the other family': chainsOf(guardedRules, 'IPv6'),
    'TCP alone': chainsOf({ ...desire([portal('10.96.0.8', 80)]), sctpGuard }),
  };
  for (const [name, { filter }] of Object.entries(cases)) {
    t.notOk(filter.chains.has(sctpGuardChain), name);
    t.notOk(
      filter.jumps.some(({ from }) => from === 'OUTPUT'),
      name,
    );
  }
});

t.test('many listeners: fifteen ports to a rule, each once', async (t) => {
  const portals = Array.from({ length: 31 }, (_, at) =>
    portal(`10.96.0.${at + 1}`, 80, { protocol: 'SCTP', proxyPort: 10_031 - at }),
  );
  const rules = chainsOf({ ...desire([...portals, ...portals]), sctpGuard }).filter.chains.get(
    sctpGuardChain,
  );
  t.equal(rules?.length, 2 + 3);
  const ports = rules?.slice(2).flatMap((rule) => /--sports (\S+)/.exec(rule)?.[1]?.split(',') ?? []);
  t.same(
    ports,
    Array.from({ length: 31 }, (_, at) => `${10_001 + at}`),
  );
});

t.test(
  'what stands is read back, costs nothing, and is taken away whole when it is not wanted any more',
  async (t) => {
    const wanted = chainsOf(guardedRules);
    const lines = [...wanted.filter.chains].flatMap(([chain, rules]) =>
      rules.map((rule) => `-A ${chain} ${rule}`),
    );
    const jumps = wanted.filter.jumps.map(({ from, rule }) => `-A ${from} ${rule}`);
    const chains = [...wanted.filter.chains.keys()].map((chain) => `:${chain} - [0:0]`);
    const nat = [...wanted.nat.chains].flatMap(([chain, rules]) => [
      `:${chain} - [0:0]`,
      ...rules.map((rule) => `-A ${chain} ${rule}`),
    ]);
    const natJumps = wanted.nat.jumps.map(({ from, rule }) => `-A ${from} ${rule}`);
    const saved = [
      '*filter',
      ...chains,
      ...lines,
      ...jumps,
      'COMMIT',
      '*nat',
      ...nat,
      ...natJumps,
      'COMMIT',
      '',
    ];
    const standing = standingRules(parseSave(saved.join('\n')));
    t.equal(restoreText(standing, wanted).text, '');
    const without = restoreText(standing, chainsOf(desire([diameter])));
    t.equal(
      without.text,
      `*filter
:KUBE-PORTALS-SCTP - [0:0]
-D OUTPUT -p sctp -m comment --comment "SCTP of the kernel itself" -j KUBE-PORTALS-SCTP
-X KUBE-PORTALS-SCTP
COMMIT
`,
    );
    t.match(without, { rulesWritten: 0, rulesDeleted: 4 });
    t.equal(countRules(wanted.filter) - countRules(chainsOf(desire([diameter])).filter), 4);
  },
);

t.test('a Service for SCTP without endpoints is refused by its listener, not by a rule', async (t) => {
  const refused = portal('10.96.0.7', 3868, { protocol: 'SCTP', proxyPort: 10_000, disposition: 'refuse' });
  const { filter } = chainsOf(desire([refused]));
  t.same(filter.chains.get('KUBE-PORTALS-REFUSE'), []);
  t.match(filter.chains.get('KUBE-PORTALS-DIRECT'), [/-p sctp -m multiport --dports 10000 -j REJECT/]);
});
