// A ClusterIP answers, whoever asks: pods, the world outside, the host itself, a pod behind an interface without an
// address; over both variants of iptables, both ways of steering, both data planes and both IP families.
import t, { type Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { service, slice } from '../support/objects.js';
import type { Peer, RequestOptions } from '../support/peer-client.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

// Most of the time is waiting for answers that don't come.
t.jobs = 2;

const clusterIPs = {
  IPv4: { web: '10.96.0.10', other: '10.96.0.11', nobody: '10.96.0.12' },
  IPv6: { web: 'fd00:10:96::10', other: 'fd00:10:96::11', nobody: 'fd00:10:96::12' },
} as const;

const names = ['web1', 'web2', 'web3'];
const short = { timeoutMs: 500 };

/** Each way of steering with each variant and with each data plane; these two know nothing of each other. */
const scenes = [
  { variant: 'nft', steering: 'REDIRECT', dataPlane: 'linux' },
  { variant: 'nft', steering: 'REDIRECT', dataPlane: 'node' },
  { variant: 'legacy', steering: 'REDIRECT', dataPlane: 'linux' },
  { variant: 'nft', steering: 'DNAT', dataPlane: 'linux' },
  { variant: 'legacy', steering: 'DNAT', dataPlane: 'node' },
] as const;

for (const { variant, steering, dataPlane } of scenes) {
  t.test(`${variant}, ${steering}, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { variant, dataPlane, addressless: steering === 'DNAT' });
    await writeServices(stage);
    await stage.serve();
    for (const ipFamily of ['IPv4', 'IPv6'] as const) {
      t.match(
        await stage.saved(ipFamily),
        new RegExp(`-j ${steering} `),
        `${ipFamily} steers by ${steering}`,
      );
      await t.test(ipFamily, (t) => everybodyIsServed(t, stage, ipFamily));
      if (ipFamily === 'IPv6' && dataPlane === 'linux') {
        await t.test('a pod by its link-local address', (t) => linkLocalIsServed(t, stage));
      }
      await t.test(`${ipFamily}: nothing else is captured`, (t) => nothingElse(t, stage, ipFamily));
    }
  });
}

/** One Service with TCP and UDP on the same port, one with another TCP port. */
async function writeServices(stage: Stage): Promise<void> {
  const { IPv4, IPv6 } = clusterIPs;
  const both = [
    { name: 'tcp', port: 80, protocol: 'TCP' },
    { name: 'udp', port: 80, protocol: 'UDP' },
  ] as const;
  const targets = both.map(({ name, protocol }) => ({ name, port: 8080, protocol }));
  const ipFamilies = ['IPv4', 'IPv6'] as const;
  await stage.manifests.write('services.json', [
    service('web', IPv4.web, { ports: both, spec: { clusterIPs: [IPv4.web, IPv6.web], ipFamilies } }),
    service('other', IPv4.other, {
      ports: [{ port: 81 }],
      spec: { clusterIPs: [IPv4.other, IPv6.other], ipFamilies },
    }),
    ...ipFamilies.flatMap((ipFamily) => {
      const wish = { addressType: ipFamily, sliceName: `web-${ipFamily}`, ports: targets };
      return [
        slice('web', addresses[ipFamily].pods, wish),
        slice('other', addresses[ipFamily].pods.slice(0, 1), {
          addressType: ipFamily,
          sliceName: `other-${ipFamily}`,
          ports: [{ name: '', port: 8081, protocol: 'TCP' }],
        }),
      ];
    }),
  ]);
  await Promise.all(ipFamilies.map((ipFamily) => serveOnPods(stage, 'web', { ipFamily })));
  await Promise.all(
    ipFamilies.map((ipFamily) => serveOnPods(stage, 'other', { ipFamily, port: 8081, count: 1 })),
  );
}

interface Client {
  readonly who: string;
  readonly peer: Peer;
  readonly options: RequestOptions;
}

function clientsOf(stage: Stage, ipFamily: IpFamily): readonly Client[] {
  return [
    { who: 'a pod', peer: stage.pods, options: {} },
    {
      who: 'a pod behind an interface of its own',
      peer: stage.pods,
      options: { localAddress: addresses[ipFamily].calicoPod },
    },
    { who: 'the world outside', peer: stage.outside, options: {} },
    { who: 'the host', peer: stage.host, options: {} },
  ];
}

async function everybodyIsServed(t: Test, stage: Stage, ipFamily: IpFamily): Promise<void> {
  const { web, other } = clusterIPs[ipFamily];
  const clients = clientsOf(stage, ipFamily);
  const big = 'x'.repeat(2000);
  const answers: Record<'tcp' | 'udp', string[]> = { tcp: [], udp: [] };
  for (const { who, peer, options } of clients) {
    for (let round = 0; round < 3; round += 1) {
      const tcp = await peer.tcpRequest(web, 80, { ...options, payload: big });
      t.match(tcp, { ok: true }, `TCP, 2,000 bytes, from ${who}`);
      answers.tcp.push(tcp.reply);
      const udp = await peer.udpRequest(web, 80, { ...options, payload: big });
      t.match(udp, { ok: true }, `UDP, 2,000 bytes, from ${who}`);
      const [name = '', payload = ''] = udp.reply.split(':');
      t.equal(payload, big);
      answers.udp.push(name);
    }
    t.match(await peer.tcpRequest(other, 81, options), { reply: 'other1' }, `another Service from ${who}`);
  }
  t.same(answers.tcp, inTurn(answers.tcp[0], answers.tcp.length), 'TCP clients get the endpoints in turn');
  t.same(answers.udp, inTurn(answers.udp[0], answers.udp.length), 'UDP clients get the endpoints in turn');

  const request = 'GET / HTTP/1.1\r\n\r\n'.repeat(5000);
  for (const { who, peer, options } of clients) {
    const stream = await peer.tcpOpen(web, 80, options);
    t.ok((await stream.finish(request)) === request, `write, half-close, read all, from ${who}`);
    await stream.close();
  }
  // The longest datagram there is; the endpoint puts its name and a colon in front.
  const longest = 'y'.repeat(65_507 - 'web1:'.length);
  const reply = await stage.host.udpRequest(web, 80, { payload: longest });
  t.ok(reply.reply.endsWith(`:${longest}`), 'a reply of 65,507 bytes comes whole');
}

/** UDP needs what the node data plane has not: a say in where a reply leaves from. */
async function linkLocalIsServed(t: Test, stage: Stage): Promise<void> {
  const { stdout } = await stage.rig.pods.run(['ip', '-6', '-brief', 'address', 'show', 'dev', 'eth0']);
  const [linkLocal = ''] = /\bfe80:[0-9a-f:]+/.exec(stdout) ?? [];
  const { web } = clusterIPs.IPv6;
  const options = { localAddress: `${linkLocal}%eth0` };
  t.match(await stage.pods.tcpRequest(web, 80, options), { reply: /^web\d$/ }, `TCP from ${linkLocal}`);
  t.match(await stage.pods.udpRequest(web, 80, options), { reply: /^web\d:hello$/ }, `UDP from ${linkLocal}`);
}

/** web1, web2, web3, web1 … from where it began. */
function inTurn(first: string | undefined, length: number): readonly string[] {
  const start = names.indexOf(first ?? '');
  return Array.from({ length }, (_, at) => names[(start + at) % names.length] ?? '');
}

async function nothingElse(t: Test, stage: Stage, ipFamily: IpFamily): Promise<void> {
  const { web, other, nobody } = clusterIPs[ipFamily];
  const tries = clientsOf(stage, ipFamily).flatMap(({ who, peer, options }) => {
    const wish = { ...options, ...short };
    return [
      { what: `a TCP port does not match UDP, from ${who}`, reply: peer.udpRequest(other, 81, wish) },
      { what: `a Service does not take another's port, from ${who}`, reply: peer.tcpRequest(web, 81, wish) },
      { what: `nor the other way round, from ${who}`, reply: peer.tcpRequest(other, 80, wish) },
      { what: `nobody has this clusterIP, from ${who}`, reply: peer.tcpRequest(nobody, 80, wish) },
      { what: `nor for UDP, from ${who}`, reply: peer.udpRequest(nobody, 80, wish) },
    ];
  });
  for (const { what, reply } of tries) t.match(await reply, { ok: false }, what);
}
