// docs/operations.md against a running program: its listing of iptables is what a node shows, its log lines are written,
// its settings are the program's, a restart and a swap go as it says.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { wantedSysctls } from '../../lib/host/conntrack-sysctls.js';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import { type Cluster, createCluster, podEndpoint, serveOnEveryPod } from '../support/cluster.js';
import { ask } from '../support/cluster-scene.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { runProgram } from '../support/portal.js';

const text = readFileSync('docs/operations.md', 'utf8');

const web: ServiceObject = {
  ...service('web', '10.96.0.80', {
    ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }],
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['203.0.113.0/24'],
    },
  }),
  status: { loadBalancer: { ingress: [{ ip: '198.51.100.80' }] } },
};
const endpoints = slice('web', [], {
  endpoints: [podEndpoint('a1'), podEndpoint('b1')],
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

/** As the document shows it: no counters, no column heads, single spaces, ports by the order in which they come. */
function readable(listing: string): string {
  const ports = new Map<string, number>();
  const rows = listing.split('\n').flatMap((line) => {
    if (line === '' || / pkts +bytes/.test(line)) return [];
    if (line.startsWith('Chain')) return [line.replace(/ \d+ packets, \d+ bytes/, '')];
    return [`  ${line.trim().split(/ +/).slice(2).join(' ')}`];
  });
  return rows.join('\n').replaceAll(/redir ports (\d+)/g, (_, port: string) => {
    const number = ports.get(port) ?? 40_001 + ports.size;
    ports.set(port, number);
    return `redir ports ${number}`;
  });
}

async function served(cluster: Cluster): Promise<void> {
  for (const [from, ip, port] of [
    ['pod2', '10.96.0.80', 80],
    ['outside by node2', '198.51.100.80', 80],
  ] as const) {
    const answered = async () => /^[ab]1$/.test(await ask(cluster, { from, ip, port }));
    await eventually(`${from} is served at ${ip}`, answered);
  }
}

t.test('a day of a node', { timeout: 50_000 }, async (t) => {
  const cluster = await createCluster(t);
  const [, node2] = cluster.rig.nodes;
  await serveOnEveryPod(cluster, 8080, ['IPv4']);
  await cluster.manifests.write('web.json', [web, endpoints]);
  await served(cluster);

  await t.test('iptables -L -t nat -v is what the document shows', async (t) => {
    const [, shown = ''] = /<!-- listing -->\n```\n(.*?)\n```/s.exec(text) ?? [];
    t.equal(readable(await cluster.run('node2', 'iptables-nft -t nat -L -v -n')), shown);
  });

  await t.test('addresses lead where its table says', async (t) => {
    const both = async (from: 'pod2' | 'host2', ip: string, port: number) => {
      const found = [await ask(cluster, { from, ip, port }), await ask(cluster, { from, ip, port })];
      return found.sort().join(' ');
    };
    t.equal(await both('pod2', '10.96.0.80', 80), 'a1 b1');
    t.equal(await both('pod2', '192.168.10.2', 30_080), 'a1 b1', 'the short circuit of pods');
    t.equal(await both('host2', '192.168.10.2', 30_080), 'a1 b1', 'and of the node');
    for (const round of [1, 2]) {
      t.equal(
        await ask(cluster, { from: 'outside', ip: '192.168.10.2', port: 30_080 }),
        'b1',
        `local, ${round}`,
      );
      t.equal(
        await ask(cluster, { from: 'outside by node2', ip: '198.51.100.80', port: 80 }),
        'b1',
        `${round}`,
      );
    }
    t.equal(
      await ask(cluster, { from: 'pod1', ip: '198.51.100.80', port: 80 }),
      'silence',
      'in no source range',
    );
    const [, proxyPort = ''] = /--to-ports (\d+)/.exec(await cluster.saved('node2')) ?? [];
    t.equal(await ask(cluster, { from: 'pod2', ip: '192.168.10.2', port: Number(proxyPort) }), 'refused');
  });

  await t.test('a restart: refused, then served by the same rules, and the log says so', async (t) => {
    const rules = await cluster.saved('node2');
    const { node2: program } = cluster.programs;
    t.same(await program.end(), { code: 0, signal: null });
    t.equal(
      await ask(cluster, { from: 'pod2', ip: '10.96.0.80', port: 80 }),
      'refused',
      'between two processes',
    );
    t.equal(await cluster.saved('node2'), rules, 'the rules stay');
    const next = await cluster.start('node2').forwarding();
    t.equal(await cluster.saved('node2'), rules, 'and are not touched');
    await served(cluster);
    const section = text.slice(text.indexOf('## Logs'), text.indexOf('## A rolling restart'));
    const messages = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, msg = '']) => msg);
    const written = new Set([...program.records(), ...next.records()].map(({ msg }) => msg));
    t.ok(messages.length > 5);
    for (const msg of messages.filter((one) => one !== 'msg')) t.ok(written.has(msg), msg);
    await next.end();
  });

  await t.test('swap back: cleanup leaves nothing, and a start serves again', async (t) => {
    const { status, stderr } = await runProgram(node2, ['cleanup', '--iptables-variant=nft']);
    t.equal(status, 0, stderr);
    for (const ipFamily of ['IPv4', 'IPv6'] as const) {
      t.notMatch(await cluster.saved('node2', ipFamily), /KUBE-/, `no chain of ours in ${ipFamily}`);
    }
    await cluster.start('node2').forwarding();
    await served(cluster);
  });
});

t.test('the settings it names are those the program raises', async (t) => {
  const section = text.slice(text.indexOf('## Sysctls'), text.indexOf('## Swap'));
  const named = [...section.matchAll(/`(nf_conntrack_\w+)`/g)].map(([, name]) => name);
  const all = {
    maxPerCore: 1,
    min: 1,
    tcpEstablishedTimeoutSeconds: 1,
    tcpCloseWaitTimeoutSeconds: 1,
    tcpBeLiberal: true,
    udpTimeoutSeconds: 1,
    udpStreamTimeoutSeconds: 1,
  };
  t.same(named.sort(), [...wantedSysctls(all, 4).keys()].sort());
});
