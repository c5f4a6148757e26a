// test/kernel/guest-tests.ts: run inside a guest whose kernel has SCTP: kernel sockets at both ends of a ClusterIP, and the
// kernel's own answers to what is none of its business. Arguments: the compiled kernel-peer;
// `quick` for one way through alone.
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

const [, , kernelPeer = '', extent] = process.argv;
const isQuick = extent === 'quick';
const left = { skip: isQuick && 'npm run test:kernel has it' };
const families = ['IPv4', 'IPv6'] as const;
const clusterIPs = { IPv4: '10.96.0.30', IPv6: 'fd00:10:96::30' } as const;
const ports = [{ port: 9000, protocol: 'SCTP' }] as const;
const sizes = '1,1000,1448,65536,200000,1000000';

function isLoaded(module: string): boolean {
  return new RegExp(`^${module} `, 'm').test(readFileSync('/proc/modules', 'utf8'));
}

async function openStage(t: Test, variant: 'nft' | 'legacy'): Promise<Stage> {
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

async function echo(from: Namespace, ip: string, ...how: readonly [string, string]): Promise<string> {
  const argv = [kernelPeer, 'echo', ip, '9000', sizes, ...how];
  return (await from.run(argv, { timeoutMs: 120_000 })).stdout.trim();
}

t.test('forwarding does not load the kernel’s module', left, async (t) => {
  const stage = await openStage(t, 'nft');
  await forward(stage);
  t.equal(isLoaded('sctp'), false);
});

for (const variant of ['nft', 'legacy'] as const) {
  const options = { timeout: 500_000, ...(variant === 'legacy' && left) };
  t.test(`${variant}: kernel sockets at both ends of a ClusterIP`, options, async (t) => {
    t.equal((await systemExec('modprobe', ['sctp'])).status, 0, 'the module is loaded');
    const stage = await openStage(t, variant);
    serve(stage);
    const program = await forward(stage);
    for (const ipFamily of isQuick ? (['IPv4'] as const) : families) {
      for (const [who, from] of [
        ['another namespace', stage.rig.outside],
        ['the host', stage.rig.node],
      ] as const) {
        const to = clusterIPs[ipFamily];
        t.equal(await echo(from, to, 'ordered', 'shutdown'), 'ok 6', `${ipFamily}, from ${who}`);
        t.equal(await echo(from, to, 'unordered', 'abort'), 'ok 6', `${ipFamily}, from ${who}, unordered`);
      }
      const name = `${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
      const counted = await stage.run(`${name} -t filter -L -v -n -x`);
      t.match(counted, /^ +[1-9]\d* +\d+ DROP .*multiport sports/m, `${ipFamily}: the guard was needed`);
    }
    t.same(await program.metric('kubeportal_sctp_send_failed_packets_total'), new Map([['', 0]]));
    t.equal((await program.end()).code, 0);
  });
}

t.test('without the guard the kernel refuses what the relay would have served', left, async (t) => {
  t.equal((await systemExec('modprobe', ['sctp'])).status, 0, 'the module is loaded');
  const stage = await openStage(t, 'nft');
  serve(stage);
  await forward(stage);
  const attempt = () => echo(stage.rig.outside, clusterIPs.IPv4, 'ordered', 'shutdown');
  t.equal(await attempt(), 'ok 6');
  // The program puts the rule back when it looks at its rules again, which may be at once.
  await eventually(
    'the kernel has refused',
    async () => {
      await stage.run('iptables-nft -t filter -D OUTPUT 1');
      return /refused/.test(await attempt());
    },
    60_000,
  );
  await eventually('the guard is back', async () => (await attempt()) === 'ok 6', 120_000);
});

t.test(
  'asked about an association that it does not have, the kernel answers with an ABORT',
  left,
  async (t) => {
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
  },
);
