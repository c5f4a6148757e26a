// test/kernel/guest-tests.ts: run inside a guest whose kernel has SCTP: kernel sockets at both ends of a ClusterIP, and the
// kernel's own answers to what is none of its business. Argument: the compiled kernel-peer.
import t, { type Test } from 'tap';
import { chunkType } from '../../lib/dataplane/sctp/wire/format.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import { systemExec } from '../../lib/proxier/exec.js';
import { eventually } from '../support/eventually.js';
import { addresses } from '../support/rig.js';
import { chunk, types } from '../support/sctp-packets.js';
import { RawClient, RawPeer } from '../support/sctp-raw-peer.js';
import type { Stage } from '../support/stage.js';
import {
  ask,
  clusterIPs,
  echo,
  families,
  forward,
  guardOf,
  isLoaded,
  nodeClusterIPs,
  openStage,
  placeEndpoints,
  serve,
} from './guest-stage.js';

// Everything is slow where the machine that the guest runs on has no virtualization of its own.
t.setTimeout(600_000);

/** All that passes between kernel sockets; the guard counts in each family that was tried. */
async function passEchoes(t: Test, stage: Stage, variant: IptablesVariant): Promise<void> {
  for (const ipFamily of families) {
    for (const [who, from] of [
      ['another namespace', stage.rig.outside],
      ['the host', stage.rig.node],
    ] as const) {
      const to = clusterIPs[ipFamily];
      t.equal(await echo(from, to, 'ordered', 'shutdown'), 'ok 6', `${ipFamily}, from ${who}`);
      t.equal(await echo(from, to, 'unordered', 'abort'), 'ok 6', `${ipFamily}, from ${who}, unordered`);
    }
    // Over loopback, where a packet is as large as IP lets it be.
    t.equal(
      await echo(stage.rig.node, nodeClusterIPs[ipFamily]),
      'ok 6',
      `${ipFamily}, from the host to itself`,
    );
    t.match(await guardOf(stage, variant, ipFamily), /^ +[1-9]/m, `${ipFamily}: the guard was needed`);
  }
}

t.test('nft: a kernel that learns SCTP while the program forwards', { timeout: 500_000 }, async (t) => {
  const stage = await openStage(t, 'nft');
  const program = await forward(stage);
  t.equal(isLoaded('sctp'), false, 'the program has not loaded its module');
  t.equal(await guardOf(stage, 'nft', 'IPv4'), '', 'and guards nothing');
  t.equal((await systemExec('modprobe', ['sctp'])).status, 0, 'the module is loaded');
  for (const ipFamily of families)
    await eventually('there is a guard', async () => (await guardOf(stage, 'nft', ipFamily)) !== '', 120_000);
  serve(stage);
  await passEchoes(t, stage, 'nft');

  const attempt = () => echo(stage.rig.outside, clusterIPs.IPv4);
  // The program puts the rule back when it looks at its rules again, which may be at once.
  await eventually(
    'without its guard the kernel has refused',
    async () => {
      await stage.run('iptables-nft -t filter -D OUTPUT 1');
      return /refused/.test(await attempt());
    },
    60_000,
  );
  await eventually('the guard is back', async () => (await attempt()) === 'ok 6', 120_000);
  t.same(await program.metric('kubeportal_sctp_send_failed_packets_total'), new Map([['', 0]]));
  t.equal((await program.end()).code, 0);
});

t.test('legacy: a kernel that has it from the start', { timeout: 500_000 }, async (t) => {
  t.equal(isLoaded('sctp'), true);
  const stage = await openStage(t, 'legacy');
  serve(stage);
  const program = await forward(stage);
  await passEchoes(t, stage, 'legacy');

  for (const ipFamily of families) {
    const many = await ask(stage.rig.outside, 'parallel', clusterIPs[ipFamily], '300');
    t.equal(many, 'ok 900', `${ipFamily}: 300 associations at once`);
  }
  t.equal(await ask(stage.rig.outside, 'turns', clusterIPs.IPv4, '500'), 'ok 500', '500 in turn');
  await eventually(
    'no association is left',
    async () => (await program.metric('kubeportal_sctp_associations')).get('') === 0,
    60_000,
  );

  await placeEndpoints(stage, (family) => [
    family === 'IPv4' ? '10.244.0.99' : 'fd00:10:244::99',
    addresses[family].calicoPod,
  ]);
  for (const ipFamily of families)
    await eventually(
      `${ipFamily}: past one that is silent and one that refuses`,
      async () => (await ask(stage.rig.outside, 'turns', clusterIPs[ipFamily], '6')) === 'ok 6',
      120_000,
    );

  // In front of the relay, for what comes from clients and from endpoints alike.
  for (const name of ['iptables-legacy', 'ip6tables-legacy'])
    await stage.run(
      `${name} -t mangle -A PREROUTING -p sctp -m statistic --mode random --probability 0.02 -j DROP`,
    );
  for (const ipFamily of families) {
    const some = await ask(stage.rig.outside, 'pipeline', clusterIPs[ipFamily], '500');
    t.equal(some, 'ok 500', `${ipFamily}: 500 messages at a loss of 2 %`);
  }
  t.match(await stage.run('iptables-legacy -t mangle -L PREROUTING -v -n -x'), /^ +[1-9]\d* +\d+ DROP/m);
  t.same(await program.metric('kubeportal_sctp_send_failed_packets_total'), new Map([['', 0]]));
  t.equal((await program.end()).code, 0);
});

t.test('asked about an association that it does not have, the kernel answers with an ABORT', async (t) => {
  t.equal((await systemExec('modprobe', ['sctp'])).status, 0, 'the module is loaded');
  const peer = new RawPeer('127.0.0.1');
  t.teardown(() => peer.close());
  const client = new RawClient(peer, 4000, { ip: '127.0.0.1', port: 7000 });
  const tag = 0x1122_3344;
  client.send([chunk(chunkType.unknown)], tag);
  t.match(await client.receive(60_000), { tag, chunks: [{ type: types.abort, flags: 1 }] });
  const padding = 0x84;
  client.send([chunk(padding)], tag);
  t.equal(await client.receive(10_000), undefined, 'which padding would not get');
});
