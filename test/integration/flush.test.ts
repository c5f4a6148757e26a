// Somebody else changes the packet filter: our rules come back by themselves, live streams do not notice, and rules
// that are not ours stay as they are, also when ours are cleaned up.
import t, { type Test } from 'tap';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { type Program, runProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const clusterIP = '10.96.0.30';
const clusterIP6 = 'fd00:10:96::30';
/** Noticed and repaired within 2 s; the rest is for a busy machine. */
const deadlineMs = 6000;

const ports = [
  { name: 'tcp', port: 80, protocol: 'TCP' },
  { name: 'udp', port: 80, protocol: 'UDP' },
] as const;

/** In every hook that we use, and hard to quote. */
const foreign = `*filter
:FIREWALL - [0:0]
-A INPUT -p tcp -m tcp --dport 2222 -m comment --comment "let \\"me\\" in" -j ACCEPT
-A INPUT -j FIREWALL
-A FORWARD -p tcp -m tcp --dport 25 -j DROP
-A FIREWALL -p udp -m udp --dport 9 -j DROP
COMMIT
*nat
:DOCKER - [0:0]
:KUBE-NODEPORTS - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -p tcp -m tcp --dport 7 -j KUBE-NODEPORTS
-A POSTROUTING -s 10.244.0.0/16 -d 198.51.100.0/24 -j MASQUERADE
-A DOCKER -p tcp -m tcp --dport 8088 -j RETURN
COMMIT
`;

async function writeWeb(stage: Stage): Promise<void> {
  const { IPv4, IPv6 } = addresses;
  const targets = ports.map((port) => ({ ...port, port: 8080 }));
  await stage.manifests.write('web.json', [
    service('web', clusterIP, { ports, spec: { clusterIPs: [clusterIP, clusterIP6] } }),
    slice('web', IPv4.pods.slice(0, 1), { ports: targets }),
    slice('web', IPv6.pods.slice(0, 1), { ports: targets, sliceName: 'web-6', addressType: 'IPv6' }),
  ]);
  await serveOnPods(stage, 'web', { count: 1 });
  await serveOnPods(stage, 'web', { count: 1, ipFamily: 'IPv6' });
}

interface Deed {
  readonly what: string;
  readonly only?: 'nft' | 'legacy';
  /** Run by sh in the node; $iptables and $ip6tables are the variant's programs. */
  readonly script: string;
}

/** All chains with our names, emptied and deleted. The program may be quicker than the script: then some stay. */
const deleteOurChains = `for tool in $iptables $ip6tables; do for table in nat filter; do
  jumps=$($tool -t $table -S | grep -E '^-A [A-Z]* .*-[jg] KUBE-(PORTALS|NODEPORT)-' | sed 's/^-A/-D/')
  echo "$jumps" | while read -r rule; do [ -z "$rule" ] || echo "$rule" | xargs $tool -t $table || true; done
  chains=$($tool -t $table -S | sed -nE 's/^-N (KUBE-(PORTALS|NODEPORT)-.*)/\\1/p')
  for chain in $chains; do $tool -t $table -F $chain || true; done
  for chain in $chains; do $tool -t $table -X $chain || true; done
done; done`;

/** What takes foreign rules along comes last. */
const deeds: readonly Deed[] = [
  { what: 'all chains of ours are deleted', script: deleteOurChains },
  { what: 'one chain of ours is emptied', script: '$iptables -t nat -F KUBE-PORTALS-HOST' },
  {
    what: 'a rule of ours is replaced by another',
    script: '$iptables -t filter -R KUBE-PORTALS-FILTER 1 -j RETURN',
  },
  { what: 'iptables -t nat -F', script: '$iptables -t nat -F; $ip6tables -t nat -F' },
  { what: 'iptables -F', script: '$iptables -F; $ip6tables -F' },
  { what: 'everything is flushed at once', script: '$iptables -F; $iptables -t nat -F; $ip6tables -F' },
  {
    what: 'nft flushes the nat tables',
    only: 'nft',
    script: 'nft flush table ip nat; nft flush table ip6 nat',
  },
  {
    what: 'nft deletes whole tables',
    only: 'nft',
    script: 'nft delete table ip nat; nft delete table ip filter; nft delete table ip6 nat',
  },
];

async function sh(stage: Stage, script: string): Promise<void> {
  const { variant, rig } = stage;
  const preamble = `iptables=iptables-${variant}; ip6tables=ip6tables-${variant};`;
  const result = await rig.node.run(['sh', '-ec', `${preamble} ${script}`]);
  if (result.status !== 0) throw new Error(`${script}: ${result.stderr}`);
}

/** Not KUBE-NODEPORTS, which is a chain of kube-proxy's. */
const isOurs = (line: string) => /KUBE-(?:PORTALS|NODEPORT)-/.test(line);

const withoutOurs = (saved: string) =>
  saved
    .split('\n')
    .filter((line) => !isOurs(line))
    .join('\n');

/** Without the tables' headings: a table that was deleted comes back with them. */
const foreignRules = (saved: string) =>
  withoutOurs(saved)
    .split('\n')
    .filter((line) => line.startsWith('-A'));

async function isRepaired(t: Test, stage: Stage, program: Program, deed: Deed): Promise<void> {
  const before = await stage.saved();
  const before6 = await stage.saved('IPv6');
  const stream = await stage.pods.tcpOpen(clusterIP, 80);
  const ofHost = await stage.host.tcpOpen(clusterIP, 80);
  const drifts = (await program.metric('kubeportal_rule_drifts_total')).get('') ?? 0;
  const startMs = performance.now();
  await sh(stage, deed.script);
  const damaged = await stage.saved();
  t.equal(await stream.exchange('at once'), 'at once', "a pod's stream goes on");
  t.equal(await ofHost.exchange('at once'), 'at once', "the host's stream goes on");
  const ours = (saved: string) => saved.split('\n').filter(isOurs).sort();
  const back = async () =>
    ours(await stage.saved()).join() === ours(before).join() &&
    ours(await stage.saved('IPv6')).join() === ours(before6).join();
  await eventually('our rules are back', back, deadlineMs);
  t.comment(`repaired after ${Math.round(performance.now() - startMs)} ms`);
  const now = await stage.saved();
  t.same(foreignRules(now), foreignRules(damaged), 'foreign rules are as the deed left them');
  t.ok(((await program.metric('kubeportal_rule_drifts_total')).get('') ?? 0) > drifts, 'and it was counted');
  for (const peer of [stage.pods, stage.host, stage.outside]) {
    t.match(await peer.tcpRequest(clusterIP, 80), { reply: 'web1' });
    t.match(await peer.udpRequest(clusterIP, 80), { reply: 'web1:hello' });
    t.match(await peer.tcpRequest(clusterIP6, 80), { reply: 'web1' });
  }
  t.equal(await stream.finish('end'), 'end', 'the stream goes on to its end');
  t.equal(await ofHost.finish('end'), 'end');
  await stream.close();
  await ofHost.close();
}

for (const { variant, addressless, dataPlane } of [
  { variant: 'nft', addressless: false, dataPlane: 'linux' },
  { variant: 'legacy', addressless: true, dataPlane: 'node' },
] as const) {
  t.test(`${variant}, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { variant, addressless, dataPlane });
    await stage.run(`iptables-${variant}-restore`, foreign);
    const atFirst = await stage.saved();
    await writeWeb(stage);
    const program = await stage.serve();
    t.equal(withoutOurs(await stage.saved()), atFirst, 'foreign rules are untouched at the start');

    for (const deed of deeds.filter(({ only }) => only === undefined || only === variant)) {
      await t.test(deed.what, (t) => isRepaired(t, stage, program, deed));
    }

    await t.test('cleanup removes ours and nothing else, and may be repeated', async (t) => {
      await stage.run(`iptables-${variant}-restore --noflush`, foreign);
      await program.end();
      const foreignNow = withoutOurs(await stage.saved());
      t.ok((await stage.saved()).split('\n').some(isOurs), 'the rules outlive the program');
      const first = await runProgram(stage.rig.node, ['cleanup']);
      t.match(first, { status: 0, stderr: /our rules are removed/ });
      t.equal(await stage.saved(), foreignNow);
      t.notOk((await stage.saved('IPv6')).split('\n').some(isOurs));
      const second = await runProgram(stage.rig.node, ['cleanup']);
      t.match(second, { status: 0, stderr: /there were no rules of ours/ });
      t.equal(await stage.saved(), foreignNow);
    });

    await t.test('start, serve, stop, cleanup: iptables-save is as before', async (t) => {
      const before = [await stage.saved(), await stage.saved('IPv6')];
      const again = await stage.serve();
      t.match(await stage.pods.tcpRequest(clusterIP, 80), { reply: 'web1' });
      await again.end();
      t.equal((await runProgram(stage.rig.node, ['cleanup'])).status, 0);
      t.same([await stage.saved(), await stage.saved('IPv6')], before);
    });
  });
}
