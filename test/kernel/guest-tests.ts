// test/kernel/guest-tests.ts: run inside a guest whose kernel has SCTP: kernel sockets at both ends of a ClusterIP, and the
// kernel's own answers to what is none of its business. Argument: the compiled kernel-peer.
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { chunkType } from '../../lib/dataplane/sctp/wire/format.js';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { systemExec } from '../../lib/proxier/exec.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import type { Program } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { chunk, types } from '../support/sctp-packets.js';
import { RawClient, RawPeer } from '../support/sctp-raw-peer.js';
import { createStage, type Stage } from '../support/stage.js';

// Everything is slow where the machine that the guest runs on has no virtualization of its own.
t.setTimeout(600_000);

const [, , kernelPeer = ''] = process.argv;
const families = ['IPv4', 'IPv6'] as const;
const clusterIPs = { IPv4: '10.96.0.30', IPv6: 'fd00:10:96::30' } as const;
const ports = [{ port: 9000, protocol: 'SCTP' }] as const;
const sizes = '1,1000,1448,65536,200000,1000000';

function isLoaded(module: string): boolean {
  return new RegExp(`^${module} `, 'm').test(readFileSync('/proc/modules', 'utf8'));
}

type Variant = 'nft' | 'legacy';

async function openStage(t: Test, variant: Variant): Promise<Stage> {
  const stage = await createStage(t, { variant });
  const spec = { clusterIPs: [clusterIPs.IPv4, clusterIPs.IPv6], ipFamilies: families };
  await stage.manifests.write('sctp.json', [
    service('echo', clusterIPs.IPv4, { ports, spec }),
    ...families.map((addressType) =>
      slice('echo', addresses[addressType].pods.slice(0, 1), {
        addressType,
        sliceName: `echo-${addressType}`,
        ports: [{ name: '', port: 7000, protocol: 'SCTP' }],
      }),
    ),
  ]);
  return stage;
}

/** An emulated machine, on one that may be busy, is a hundred times slower. */
function forward(stage: Stage): Promise<Program> {
  const program = stage.start();
  return program.logged(/"forwarding"/, 300_000).then(() => program);
}

function serve({ rig }: Stage): void {
  for (const ipFamily of families) {
    const [ip] = addresses[ipFamily].pods;
    rig.pods.spawn([kernelPeer, 'serve', ip, '7000'], { stdio: ['pipe', 'inherit', 'inherit'] });
  }
}

/** The rules that keep the kernel's answers back, with their counters; the empty text where there are none. */
async function guardOf(stage: Stage, variant: Variant, ipFamily: (typeof families)[number]): Promise<string> {
  const name = `${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
  const rules = await stage.run(`${name} -t filter -L -v -n -x`);
  return rules
    .split('\n')
    .filter((rule) => /DROP .*multiport sports/.test(rule))
    .join('\n');
}

async function echo(from: Namespace, ip: string, ...how: readonly [string, string]): Promise<string> {
  const argv = [kernelPeer, 'echo', ip, '9000', sizes, ...how];
  return (await from.run(argv, { timeoutMs: 120_000 })).stdout.trim();
}

/** All that passes between kernel sockets; the guard counts in each family that was tried. */
async function passEchoes(t: Test, stage: Stage, variant: Variant): Promise<void> {
  for (const ipFamily of families) {
    for (const [who, from] of [
      ['another namespace', stage.rig.outside],
      ['the host', stage.rig.node],
    ] as const) {
      const to = clusterIPs[ipFamily];
      t.equal(await echo(from, to, 'ordered', 'shutdown'), 'ok 6', `${ipFamily}, from ${who}`);
      t.equal(await echo(from, to, 'unordered', 'abort'), 'ok 6', `${ipFamily}, from ${who}, unordered`);
    }
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

  const attempt = () => echo(stage.rig.outside, clusterIPs.IPv4, 'ordered', 'shutdown');
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
