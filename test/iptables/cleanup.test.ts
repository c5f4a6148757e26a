// After cleanup the packet filter is as if we had never been there.
import t from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { createRuleApplier } from '../../lib/iptables/applier.js';
import { cleanupRules } from '../../lib/iptables/cleanup.js';
import { ipFamilies } from '../../lib/model/ip.js';
import type { Exec } from '../../lib/proxier/exec.js';
import { silentLog } from '../../lib/proxier/log.js';
import { desire, manyNodePorts, manyPortals, portal } from '../states/example-portals.js';
import {
  execInside,
  foreignRules,
  oldKubeProxy,
  programOf,
  run,
  saved,
  toolsOf,
  variants,
} from './inside.js';

const everything = desire(
  [
    ...manyPortals(30),
    ...manyPortals(3, 'IPv6'),
    ...manyNodePorts(30),
    ...manyNodePorts(30, 'IPv6'),
    portal('203.0.113.1', 80, { sourceRanges: ['192.0.2.0/24'] }),
    portal('2001:db8::1', 80, { clusterPort: 40_000, sourceRanges: ['2001:db8::/32'] }),
  ],
  { nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: ['fd00:77::1'] } },
);

t.test(
  'rules of both variants and both families go, an old kube-proxy’s too; other people’s stay',
  async (t) => {
    const node = await createNamespace('node');
    t.teardown(() => node.close());
    const { exec } = execInside(node);
    const allSaved = async () =>
      Promise.all(
        variants.flatMap((variant) => ipFamilies.map((ipFamily) => saved(node, variant, ipFamily))),
      );
    for (const variant of variants) {
      for (const ipFamily of ipFamilies) {
        await run(node, `${programOf(variant, ipFamily)}-restore`, foreignRules(ipFamily));
      }
    }
    const before = await allSaved();
    t.ok(
      before.every((text) => text.includes('KUBE-NODEPORTS')),
      'a chain of another kube-proxy is among them',
    );
    t.equal(await cleanupRules(exec), false, 'there is nothing of ours');

    for (const variant of variants) {
      for (const ipFamily of ipFamilies) {
        await run(node, `${programOf(variant, ipFamily)}-restore --noflush`, oldKubeProxy);
      }
      const applier = createRuleApplier({ exec, log: silentLog, tools: toolsOf(variant) });
      const report = await applier.apply(everything);
      t.same(report.failures, []);
    }
    t.equal(await cleanupRules(exec), true);
    t.same(await allSaved(), before);
    t.equal(await cleanupRules(exec), false);
  },
);

t.test('a family that fails does not keep the others from being cleaned, and is told', async (t) => {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const { exec, intercept } = execInside(node);
  const applier = createRuleApplier({ exec, log: silentLog, tools: toolsOf('nft') });
  await applier.apply(desire([...manyPortals(3), ...manyPortals(3, 'IPv6')]));
  intercept((file) =>
    file === 'iptables-nft-restore' ? Promise.resolve({ status: 1, stdout: '', stderr: 'no' }) : undefined,
  );
  await t.rejects(cleanupRules(exec), { message: 'iptables-nft-restore: no' });
  t.match(await saved(node, 'nft', 'IPv4'), /KUBE/);
  t.notMatch(await saved(node, 'nft', 'IPv6'), /KUBE/);

  intercept((file) =>
    file.endsWith('-save') ? Promise.resolve({ status: 1, stdout: '', stderr: 'no' }) : undefined,
  );
  await t.rejects(cleanupRules(exec), { name: 'AggregateError', errors: { length: 4 } });
});

t.test('without IPv6 in the kernel there is nothing to clean there', async (t) => {
  const exec: Exec = async (file, [arg]) => {
    if (arg === '--version') return { status: 0, stdout: 'iptables v1.8.9', stderr: '' };
    const stderr = "can't initialize ip6tables table `filter': Address family not supported by protocol";
    return file.startsWith('ip6') ? { status: 3, stdout: '', stderr } : { status: 0, stdout: '', stderr: '' };
  };
  t.equal(await cleanupRules(exec), false);
});

t.test('without iptables it says which package is missing', async (t) => {
  const exec: Exec = async () => ({ status: 127, stdout: '', stderr: 'not found' });
  await t.rejects(cleanupRules(exec), { trouble: 'missing-program', message: /apt-get install iptables/ });
});
