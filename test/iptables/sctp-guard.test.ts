// The guard against the kernel's own SCTP on real iptables. No kernel here need have SCTP: a process of another user stands
// for it, which is all that the rules see of the difference.
import t from 'tap';
import { createNamespace, ip } from '../../lib/demo/namespaces.js';
import { createRuleApplier } from '../../lib/iptables/applier.js';
import { ipFamilies } from '../../lib/model/ip.js';
import { silentLog } from '../../lib/proxier/log.js';
import { desire, portal } from '../states/example-portals.js';
import { execInside, programOf, run, saved, toolsOf, variants } from './inside.js';

const sctpGuard = { relayPorts: { first: 20_000, last: 29_999 }, uid: 0 };
const portals = [
  portal('10.96.0.7', 3868, { protocol: 'SCTP', proxyPort: 10_000 }),
  portal('fd00:10:96::7', 3868, { protocol: 'SCTP', proxyPort: 10_001 }),
];
const sender = new URL('../support/sctp-sender-program.js', import.meta.url).pathname;
const asNobody = ['setpriv', '--reuid=65534', '--inh-caps=+net_raw', '--ambient-caps=+net_raw', '--'];

for (const variant of variants) {
  t.test(variant, async (t) => {
    const node = await createNamespace('node');
    t.teardown(() => node.close());
    await ip(node, ['link set dev lo up']);
    const { exec, taken } = execInside(node);
    const applier = createRuleApplier({ exec, log: silentLog, tools: toolsOf(variant) });
    const wanted = { ...desire(portals), sctpGuard };
    t.same((await applier.apply(wanted)).failures, []);

    t.test('it reads back as it was written, and is looked after', async (t) => {
      const before = await Promise.all(ipFamilies.map((ipFamily) => saved(node, variant, ipFamily)));
      for (const text of before) t.equal(text.match(/KUBE-PORTALS-SCTP/g)?.length, 5);
      applier.invalidate();
      t.match(await applier.apply({ ...wanted }), { rulesWritten: 0, rulesDeleted: 0 });
      taken();
      t.equal(await applier.check(), 'in-place');
      t.equal(taken().length, 2, 'one look for each family');
      await run(node, `${programOf(variant, 'IPv4')} -D OUTPUT 1`);
      t.equal(await applier.check(), 'drifted');
      await applier.apply({ ...wanted });
      t.same(await Promise.all(ipFamilies.map((ipFamily) => saved(node, variant, ipFamily))), before);
    });

    for (const [ipFamily, to, port] of [
      ['IPv4', '127.0.0.1', 10_000],
      ['IPv6', '::1', 10_001],
    ] as const) {
      t.test(`${ipFamily}: from ports of ours only our own user gets a packet out`, async (t) => {
        const passed = async (): Promise<number> => {
          const text = await run(node, `${programOf(variant, ipFamily)} -vxnL KUBE-PORTALS-SCTP`);
          const drops = [...text.matchAll(/^ *(\d+) +\d+ +DROP/gm)].map(([, count]) => Number(count));
          return drops.reduce((sum, count) => sum + count, 0);
        };
        const sent = async (user: readonly string[], from: number): Promise<number> => {
          const before = await passed();
          await run(node, [...user, process.execPath, sender, to, String(from)].join(' '));
          return (await passed()) - before;
        };
        t.equal(await sent([], port), 0, 'the relay, as a listener');
        t.equal(await sent([], 20_000), 0, 'the relay, to an endpoint');
        t.equal(await sent(asNobody, port), 1, 'another, from the port of a listener');
        t.equal(await sent(asNobody, 29_999), 1, 'another, from one of the relay’s');
        t.equal(await sent(asNobody, 5000), 0, 'other programs may speak SCTP from ports of their own');
      });
    }

    t.test('not wanted any more: nothing of it is left', async (t) => {
      await applier.apply(desire(portals));
      for (const ipFamily of ipFamilies)
        t.notMatch(await saved(node, variant, ipFamily), /KUBE-PORTALS-SCTP/);
      t.equal(await applier.check(), 'in-place');
    });

    t.test('cleanup takes it along', async (t) => {
      await applier.apply(wanted);
      await applier.cleanup();
      for (const ipFamily of ipFamilies) t.notMatch(await saved(node, variant, ipFamily), /KUBE-PORTALS/);
    });
  });
}
