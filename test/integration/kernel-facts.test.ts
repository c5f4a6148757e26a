// What the kernel does with redirected packets, and why the product is built as it is: each test is a fact that some
// rule, listener or order of steps in lib/ rests on. Both variants of iptables, because both are met.
import t, { type Test } from 'tap';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { ExecResult } from '../../lib/proxier/exec.js';
import { type Peer, startPeer } from '../support/peer-client.js';
import { addresses, createRig, type Rig } from '../support/rig.js';

const variants = ['nft', 'legacy'] as const;

// Most of the time is waiting for answers that don't come, and each test has namespaces of its own.
t.jobs = 4;

const proxyPort = 41000;
const clusterIP = '10.96.0.10';
const clusterIP6 = 'fd00:10:96::a';
const { calicoPod, node } = addresses.IPv4;

interface Bench {
  readonly variant: (typeof variants)[number];
  readonly rig: Rig;
  readonly host: Peer;
  readonly pod: Peer;
  /** Writes one table in the node; what is there stays. */
  restore(table: 'nat' | 'filter', lines: readonly string[]): Promise<ExecResult>;
  restore6(table: 'nat' | 'filter', lines: readonly string[]): Promise<ExecResult>;
}

function perVariant(name: string, body: (t: Test, bench: Bench) => Promise<void>): void {
  for (const variant of variants) {
    t.test(`${name} (${variant})`, { buffered: true }, async (t) => {
      const rig = await createRig();
      t.teardown(() => rig.close());
      const [host, pod] = await Promise.all([startPeer(rig.node), startPeer(rig.pods)]);
      await body(t, {
        variant,
        rig,
        host,
        pod,
        restore: (table, lines) => restoreIn(rig.node, `iptables-${variant}-restore`, table, lines),
        restore6: (table, lines) => restoreIn(rig.node, `ip6tables-${variant}-restore`, table, lines),
      });
    });
  }
}

function restoreIn(
  namespace: Namespace,
  program: string,
  table: string,
  lines: readonly string[],
): Promise<ExecResult> {
  const input = `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
  return namespace.run([program, '--noflush'], { input });
}

/** The portal's rules: packets that arrive, and packets that this host sends. */
function steer(protocol: 'tcp' | 'udp', target: string, ip = clusterIP): readonly string[] {
  const match = `-d ${ip} -p ${protocol} --dport 80 -j ${target}`;
  return [`-A PREROUTING ${match}`, `-A OUTPUT ${match}`];
}

const redirect = `REDIRECT --to-ports ${proxyPort}`;
const short = { timeoutMs: 700 };

perVariant(
  'fact 1: REDIRECT drops what comes in by an interface without an address; DNAT does not',
  async (t, b) => {
    await b.host.tcpEcho('0.0.0.0', proxyPort, 'listener');
    await b.restore('nat', steer('tcp', redirect));
    const viaCalico = { ...short, localAddress: calicoPod };
    t.match(await b.pod.tcpRequest(clusterIP, 80), { reply: 'listener' });
    t.match(await b.pod.tcpRequest(clusterIP, 80, viaCalico), { ok: false, errorCode: 'ETIMEDOUT' });

    await b.restore('nat', ['-F', ...steer('tcp', `DNAT --to-destination ${node.pods}:${proxyPort}`)]);
    t.match(await b.pod.tcpRequest(clusterIP, 80, viaCalico), { reply: 'listener' });
    t.match(await b.pod.tcpRequest(clusterIP, 80), { reply: 'listener' });
    t.match(await b.host.tcpRequest(clusterIP, 80), { reply: 'listener' }, 'and from the host itself');
  },
);

perVariant(
  'fact 1, IPv6: a link-local address is enough for REDIRECT, but not for a UDP reply',
  async (t, b) => {
    await b.host.tcpEcho('::', proxyPort, 'listener');
    await b.host.udpEcho('::', proxyPort, 'listener');
    await b.restore6('nat', [...steer('tcp', redirect, clusterIP6), ...steer('udp', redirect, clusterIP6)]);
    const viaCalico = { ...short, localAddress: addresses.IPv6.calicoPod };
    t.match(await b.pod.tcpRequest(clusterIP6, 80, viaCalico), { reply: 'listener' });
    t.match(await b.pod.udpRequest(clusterIP6, 80), { reply: 'listener:hello' });
    t.match(await b.pod.udpRequest(clusterIP6, 80, viaCalico), { ok: false });
  },
);

perVariant('fact 2: a wildcard UDP socket loses its reply to a client on the same host', async (t, b) => {
  await b.host.udpEcho('0.0.0.0', proxyPort, 'wildcard', { reuseAddr: true });
  await b.restore('nat', steer('udp', redirect));
  t.match(await b.pod.udpRequest(clusterIP, 80), { reply: 'wildcard:hello' }, 'a pod is served');
  t.match(await b.host.udpRequest(clusterIP, 80, short), { ok: false }, 'the host is not');

  await b.host.udpEcho('127.0.0.1', proxyPort, 'loopback', { reuseAddr: true });
  t.match(await b.host.udpRequest(clusterIP, 80), { reply: 'loopback:hello' }, 'with a second socket it is');
  t.match(await b.pod.udpRequest(clusterIP, 80), { reply: 'wildcard:hello' });
});

perVariant(
  'fact 3: --ctstate DNAT tells redirected packets from direct hits on a proxy port',
  async (t, b) => {
    await b.host.tcpEcho('0.0.0.0', proxyPort, 'listener');
    await b.restore('nat', steer('tcp', redirect));
    const direct = `-p tcp --dport ${proxyPort} -m conntrack ! --ctstate DNAT -m conntrack --ctstate NEW`;
    await b.restore('filter', [`-A INPUT ${direct} -j REJECT --reject-with tcp-reset`]);
    t.match(await b.pod.tcpRequest(clusterIP, 80), { reply: 'listener' }, 'from a pod, through the portal');
    t.match(
      await b.host.tcpRequest(clusterIP, 80),
      { reply: 'listener' },
      'from the host, through the portal',
    );
    t.match(
      await b.pod.tcpRequest(node.pods, proxyPort),
      { errorCode: 'ECONNREFUSED' },
      'from a pod, directly',
    );
    t.match(await b.host.tcpRequest('127.0.0.1', proxyPort), { errorCode: 'ECONNREFUSED' }, 'on 127.0.0.1');
  },
);

perVariant('fact 4: a nat flush cuts live streams, unless a filter rule keeps conntrack on', async (t, b) => {
  await b.host.tcpEcho('0.0.0.0', proxyPort, 'listener');
  await b.restore('nat', steer('tcp', redirect));
  const unprotected = await b.pod.tcpOpen(clusterIP, 80, short);
  t.equal(await unprotected.exchange('before'), 'before');
  await flushNat(b);
  await t.rejects(unprotected.exchange('after'), 'cut');

  await b.restore('filter', ['-A INPUT -m conntrack --ctstate INVALID -m comment --comment "keep on"']);
  await b.restore('nat', steer('tcp', redirect));
  const guarded = await b.pod.tcpOpen(clusterIP, 80, short);
  t.equal(await guarded.exchange('before'), 'before');
  await flushNat(b);
  t.equal(await guarded.exchange('after'), 'after', 'goes on');
});

/** As `iptables -t nat -F` does. */
async function flushNat({ restore }: Bench): Promise<void> {
  const { status, stderr } = await restore('nat', ['-F PREROUTING', '-F OUTPUT']);
  if (status !== 0) throw new Error(`flush nat: ${stderr}`);
}

perVariant('fact 6: a refusing rule does not stop a live UDP flow, deleting its entry does', async (t, b) => {
  await b.host.udpEcho('0.0.0.0', proxyPort, 'listener');
  await b.restore('nat', steer('udp', redirect));
  const flow = await b.pod.udpOpen(clusterIP, 80, short);
  t.equal(await flow.exchange('one'), 'listener:one');
  // Looked at for new flows only, as our chain is: the bulk of packets should not walk it.
  const established = '-m conntrack ! --ctstate RELATED,ESTABLISHED';
  await b.restore('filter', [`-A INPUT ${established} -p udp --dport ${proxyPort} -j REJECT`]);
  t.equal(await flow.exchange('two'), 'listener:two', 'goes on');
  await b.rig.node.run(['conntrack', '-D', '-p', 'udp', '--orig-dst', clusterIP, '--orig-port-dst', '80']);
  await t.rejects(flow.exchange('three'), { code: 'ECONNREFUSED' });
});

perVariant('fact 6: a sender on the host itself is refused with EPERM or ECONNREFUSED', async (t, b) => {
  await b.restore('filter', [`-A OUTPUT -d ${clusterIP} -p udp --dport 80 -j REJECT`]);
  const { errorCode } = await b.host.udpRequest(clusterIP, 80);
  t.match(errorCode, /^(EPERM|ECONNREFUSED)$/);
});

perVariant(
  'fact 7: nat takes neither REJECT nor DROP; a table that fails leaves its rules alone',
  async (t, b) => {
    const { restore, rig, variant } = b;
    t.not((await restore('nat', [`-A OUTPUT -d ${clusterIP} -p tcp -j REJECT`])).status, 0, 'REJECT');
    t.not((await restore('nat', [`-A OUTPUT -d ${clusterIP} -p tcp -j DROP`])).status, 0, 'DROP');

    const bad = '*nat\n-A OUTPUT -d 10.96.0.1 -p tcp -j REDIRECT\n-A OUTPUT -j NO-SUCH-CHAIN\nCOMMIT\n';
    const good = `*filter\n-A INPUT -d ${clusterIP} -p tcp -j REJECT\nCOMMIT\n`;
    const result = await rig.node.run([`iptables-${variant}-restore`, '--noflush'], {
      input: `${good}${bad}`,
    });
    t.not(result.status, 0);
    const saved = (await rig.node.run([`iptables-${variant}-save`])).stdout;
    t.notMatch(saved, /REDIRECT/, 'nothing of the table that failed');
    t.match(saved, /-A INPUT -d 10\.96\.0\.10\/32 .*REJECT/, 'the table before it is in force');
  },
);
