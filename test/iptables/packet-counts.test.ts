// Packets that conntrack calls INVALID: dropped where they are forwarded, and counted; and counting where there is
// nothing to count. (What localhost's NodePorts took is counted in node-ports.test.ts.)
import t from 'tap';
import { readPacketCounts } from '../../lib/iptables/packet-counts.js';
import type { Exec } from '../../lib/proxier/exec.js';
import { desire, portal } from '../states/example-portals.js';
import { addresses } from '../support/rig.js';
import { execInside, run, toolsOf, variants } from './inside.js';
import { openScene } from './scene.js';

const none = { invalidDropped: 0, localhostNodePorts: 0 };

for (const variant of variants) {
  // In a scene of its own: a stream that was dropped is sent again for minutes, and counted.
  t.test(`a stream that conntrack does not know, ${variant}`, { timeout: 60_000 }, async (t) => {
    const { rig, pods, outside, applier: create, apply } = await openScene(t, true);
    const { exec } = execInside(rig.node);
    await outside.tcpEcho('0.0.0.0', 8080, 'outside');
    const web = portal('10.96.0.1', 80);

    /** Forwarded by the node, which then forgets it. The flag keeps it from being taken for a new one. */
    async function forgottenStream() {
      const stream = await pods.tcpOpen(addresses.IPv4.outside, 8080);
      await run(rig.node, 'conntrack -D -p tcp --dport 8080');
      return stream;
    }

    const applier = create(t, variant);
    await apply(t, applier, desire([web]));
    await run(rig.node, 'sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0');
    t.same(await readPacketCounts(exec, toolsOf(variant)), none);

    const dropped = await forgottenStream();
    await t.rejects(dropped.exchange('x'), 'nothing comes back');
    const { invalidDropped } = await readPacketCounts(exec, toolsOf(variant));
    t.ok(invalidDropped >= 1, `${invalidDropped} packets`);
    await dropped.close();

    await apply(t, applier, desire([web], { dropInvalid: false }));
    const liberal = await forgottenStream();
    t.equal(await liberal.exchange('x'), 'x', 'with tcpBeLiberal it goes on');
    await liberal.close();
    t.same(await readPacketCounts(exec, toolsOf(variant)), none);
  });
}

t.test('no rules of ours, or no such family: nothing; any other failure is told', async (t) => {
  const answering =
    (stderr: string): Exec =>
    async () => ({ status: 1, stdout: '', stderr });
  const tools = toolsOf('nft');
  t.same(await readPacketCounts(answering('iptables-nft-restore: line 2 failed'), tools), none);
  t.same(await readPacketCounts(answering('Address family not supported by protocol'), tools), none);
  await t.rejects(readPacketCounts(answering('Permission denied (you must be root)'), tools), {
    name: 'IptablesError',
    message: /you must be root/,
  });
});
