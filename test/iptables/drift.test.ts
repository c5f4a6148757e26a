// What somebody else may do to our rules, and whether we notice.
import t from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { isInPlace } from '../../lib/iptables/drift.js';
import { type IptablesRunner, iptablesRunner } from '../../lib/iptables/run.js';
import { restoreText } from '../../lib/rules/restore-text.js';
import { parseSave, standingRules } from '../../lib/rules/save-text.js';
import { desire, manyNodePorts, manyPortals, portal } from '../states/example-portals.js';
import { chainsOf } from '../states/state.js';
import { execInside, foreignRules, programOf, run, saved, toolsOf, variants } from './inside.js';

const noticed: Readonly<Record<string, string>> = {
  'nat is flushed': '-t nat -F',
  'the filter is flushed': '-F',
  'the CONTAINER chain is flushed': '-t nat -F KUBE-PORTALS-CONTAINER',
  'the HOST chain is flushed': '-t nat -F KUBE-PORTALS-HOST',
  'the REFUSE chain is flushed': '-F KUBE-PORTALS-REFUSE',
  'the node-port chain of CONTAINER is flushed': '-t nat -F KUBE-NODEPORT-CONTAINER',
  'the node-port chain of HOST is flushed': '-t nat -F KUBE-NODEPORT-HOST',
  'the chain of offered nodePorts is flushed': '-t nat -F KUBE-NODEPORT-OFFERED',
  'the FIREWALL chain is flushed': '-F KUBE-PORTALS-FIREWALL',
  'the FORWARD chain is flushed': '-F KUBE-PORTALS-FORWARD',
  'the jump from PREROUTING to the nodePorts is deleted': '-t nat -D PREROUTING 2',
  'the jump from OUTPUT to the nodePorts is deleted': '-t nat -D OUTPUT 2',
  'the jump of FORWARD is deleted': '-D FORWARD 1',
  'the jump of OUTPUT in the filter is deleted': '-D OUTPUT 1',
  'the jump of OUTPUT is deleted': '-t nat -D OUTPUT 1',
  'the jump of INPUT is deleted': '-D INPUT 1',
  'a rule is put before ours in our chain': '-I KUBE-PORTALS-FILTER -j RETURN',
};

const ignored: Readonly<Record<string, string>> = {
  'a rule is added to INPUT': '-A INPUT -p tcp --dport 22 -j ACCEPT',
  'a rule is appended after the jump to the nodePorts': '-t nat -A PREROUTING -d 198.51.100.9 -j ACCEPT',
  'a rule is put before our jump': '-t nat -I OUTPUT -d 198.51.100.9 -j ACCEPT',
  'somebody makes a chain': '-t nat -N DOCKER-USER',
  'a policy is changed': '-P FORWARD DROP',
};

for (const variant of variants) {
  t.test(variant, async (t) => {
    const node = await createNamespace('node');
    t.teardown(() => node.close());
    const { exec, taken } = execInside(node);
    const runner = iptablesRunner(exec, toolsOf(variant));
    const program = programOf(variant, 'IPv4');
    const wanted = chainsOf(
      desire(
        [
          ...manyPortals(100),
          ...manyNodePorts(20),
          portal('203.0.113.1', 80, { sourceRanges: ['192.0.2.0/24'] }),
        ],
        { nodePortAddresses: { IPv4: ['192.0.2.1'], IPv6: [] } },
      ),
    );
    const repair = async () => {
      const standing = standingRules(parseSave(await runner.save('IPv4')));
      const { text } = restoreText(standing, wanted);
      if (text !== '') await runner.restore('IPv4', text);
    };
    const look = () => isInPlace(runner, 'IPv4', wanted);
    await run(node, `${program}-restore`, foreignRules('IPv4'));
    await repair();

    t.test('a look is one process, and changes nothing', async (t) => {
      taken();
      const before = await saved(node, variant, 'IPv4');
      t.equal(await look(), true);
      t.equal(taken().length, 1);
      t.equal(await saved(node, variant, 'IPv4'), before);
    });

    for (const [what, command] of Object.entries(ignored)) {
      t.test(`no drift: ${what}`, async (t) => {
        await run(node, `${program} ${command}`);
        t.equal(await look(), true);
      });
    }

    for (const [what, command] of Object.entries(noticed)) {
      t.test(`drift: ${what}`, async (t) => {
        await run(node, `${program} ${command}`);
        t.equal(await look(), false);
        await repair();
        t.equal(await look(), true, 'repaired');
      });
    }

    t.test('drift: every chain named KUBE-* is deleted', async (t) => {
      const text = await saved(node, variant, 'IPv4');
      for (const [table, chains] of parseSave(text)) {
        const ours = [...chains.keys()].filter((name) => name.startsWith('KUBE-'));
        const jumps = [...chains].flatMap(([name, rules]) =>
          ours.includes(name)
            ? []
            : rules.filter((rule) => /-j KUBE-/.test(rule)).map((rule) => `-D ${name} ${rule}`),
        );
        const lines = [
          ...ours.map((name) => `:${name} - [0:0]`),
          ...jumps,
          ...ours.map((name) => `-X ${name}`),
        ];
        await run(node, `${program}-restore --noflush`, `*${table}\n${lines.join('\n')}\nCOMMIT\n`);
      }
      await t.rejects(look(), { name: 'IptablesError', trouble: 'rules' });
      await repair();
      t.equal(await look(), true, 'repaired');
    });

    t.test('an iptables-restore that does not obey -S: the whole text is read', async (t) => {
      const silent: IptablesRunner = { save: runner.save, restore: async () => '' };
      t.equal(await isInPlace(silent, 'IPv4', wanted), true);
      await run(node, `${program} -t nat -F`);
      t.equal(await isInPlace(silent, 'IPv4', wanted), false);
    });
  });
}
