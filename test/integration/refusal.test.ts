// Refusals: a Service without endpoints is refused, by a reset or by ICMP, as if nobody listened there; and so is
// whoever goes to a proxy port without the way through a portal.
import t, { type Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import type { Peer, RequestOptions } from '../support/peer-client.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const clusterIPs = {
  IPv4: { empty: '10.96.0.20', web: '10.96.0.21' },
  IPv6: { empty: 'fd00:10:96::20', web: 'fd00:10:96::21' },
} as const;
const ipFamilies = ['IPv4', 'IPv6'] as const;
const ports = [
  { name: 'tcp', port: 80, protocol: 'TCP' },
  { name: 'udp', port: 80, protocol: 'UDP' },
] as const;
const targets = ports.map((port) => ({ ...port, port: 8080 }));

/** A change is in force within 2 s; the rest is for a busy machine. */
const deadlineMs = 5000;
/** Well above what an answer takes, well below what a client would wait in vain. */
const answer = { timeoutMs: 2000 };

const scenes = [
  { variant: 'nft', steering: 'DNAT', ipForward: false, dataPlane: 'linux' },
  { variant: 'nft', steering: 'REDIRECT', ipForward: true, dataPlane: 'node' },
  { variant: 'legacy', steering: 'DNAT', ipForward: true, dataPlane: 'node' },
  { variant: 'legacy', steering: 'REDIRECT', ipForward: false, dataPlane: 'linux' },
] as const;

for (const { variant, steering, ipForward, dataPlane } of scenes) {
  const name = `${variant}, ${steering}, ip_forward ${ipForward ? 1 : 0}, ${dataPlane}`;
  t.test(name, { buffered: true }, async (t) => {
    const stage = await createStage(t, { variant, ipForward, dataPlane, addressless: steering === 'DNAT' });
    // The kernel sends few ICMP errors a second to one client, and this test asks for many.
    await stage.run('sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0');
    await writeServices(stage);
    await stage.serve();
    for (const ipFamily of ipFamilies) {
      await t.test(`${ipFamily}: no endpoints`, async (t) => {
        await isRefused(t, stage, ipFamily, clusterIPs[ipFamily].empty, 80);
        for (const { who, peer, options } of clientsOf(stage, ipFamily)) {
          const { web } = clusterIPs[ipFamily];
          t.match(await peer.tcpRequest(web, 80, options), { reply: 'web1' }, `the other one serves ${who}`);
        }
      });
      await t.test(`${ipFamily}: proxy ports are closed`, (t) => proxyPortsAreClosed(t, stage, ipFamily));
    }
    await t.test('endpoints come and go', (t) => comeAndGo(t, stage));
  });
}

async function writeServices(stage: Stage): Promise<void> {
  const both = (name: 'empty' | 'web') => {
    const { IPv4, IPv6 } = clusterIPs;
    return service(name, IPv4[name], { ports, spec: { clusterIPs: [IPv4[name], IPv6[name]], ipFamilies } });
  };
  await stage.manifests.write('services.json', [both('empty'), both('web')]);
  await writeSlices(stage, 1);
  await Promise.all(ipFamilies.map((ipFamily) => serveOnPods(stage, 'web', { ipFamily, count: 1 })));
}

function writeSlices(stage: Stage, count: number): Promise<void> {
  const slices = ipFamilies.map((ipFamily) =>
    slice('web', addresses[ipFamily].pods.slice(0, count), {
      addressType: ipFamily,
      sliceName: `web-${ipFamily}`,
      ports: targets,
    }),
  );
  return stage.manifests.write('slices.json', slices);
}

interface Client {
  readonly who: string;
  readonly peer: Peer;
  readonly options: RequestOptions;
}

function clientsOf(stage: Stage, ipFamily: IpFamily): readonly Client[] {
  const { calicoPod } = addresses[ipFamily];
  return [
    { who: 'a pod', peer: stage.pods, options: answer },
    {
      who: 'a pod by an interface of its own',
      peer: stage.pods,
      options: { ...answer, localAddress: calicoPod },
    },
    { who: 'the world outside', peer: stage.outside, options: answer },
    { who: 'the host', peer: stage.host, options: answer },
  ];
}

/** A rule that stops a datagram in OUTPUT or INPUT of the sender's own host may tell it EPERM. */
const udpRefusal = /^(ECONNREFUSED|EPERM)$/;

async function isRefused(
  t: Test,
  stage: Stage,
  ipFamily: IpFamily,
  address: string,
  port: number,
): Promise<void> {
  for (const { who, peer, options } of clientsOf(stage, ipFamily)) {
    t.match(await peer.tcpRequest(address, port, options), { errorCode: 'ECONNREFUSED' }, `TCP from ${who}`);
    const udp = await peer.udpRequest(address, port, options);
    t.match(udp.errorCode, peer === stage.host ? udpRefusal : 'ECONNREFUSED', `UDP from ${who}`);
  }
}

async function proxyPortsAreClosed(t: Test, stage: Stage, ipFamily: IpFamily): Promise<void> {
  const { node } = addresses[ipFamily];
  const all = proxyPorts(await stage.saved(ipFamily));
  t.equal(all.size, 4, 'two Services with two ports each');
  const loopback = ipFamily === 'IPv4' ? '127.0.0.1' : '::1';
  const ways = [
    { who: 'a pod', peer: stage.pods, to: [node.pods, node.outside] },
    { who: 'the world outside', peer: stage.outside, to: [node.outside] },
    { who: 'the host', peer: stage.host, to: [loopback, node.pods, node.outside] },
  ];
  for (const [portal, proxyPort] of all) {
    for (const { who, peer, to } of ways) {
      for (const address of to) {
        const message = `${who} to ${address}:${proxyPort}, which is of ${portal}`;
        const isTcp = portal.endsWith('tcp');
        const request = isTcp ? peer.tcpRequest : peer.udpRequest;
        const { errorCode } = await request.call(peer, address, proxyPort, answer);
        t.match(errorCode, isTcp ? 'ECONNREFUSED' : udpRefusal, message);
      }
    }
  }
}

async function comeAndGo(t: Test, stage: Stage): Promise<void> {
  const { pods } = stage;
  // Each family has its own iptables run, so one may be a moment ahead.
  const tcpIs = async (wanted: 'served' | 'ECONNREFUSED') => {
    const replies = await Promise.all(
      ipFamilies.map((ipFamily) => pods.tcpRequest(clusterIPs[ipFamily].web, 80, answer)),
    );
    return replies.every(({ ok, errorCode }) => (ok ? 'served' : errorCode) === wanted);
  };
  const before = proxyPorts(await stage.saved());
  await writeSlices(stage, 0);
  const goneMs = await eventually('it is refused', () => tcpIs('ECONNREFUSED'), deadlineMs);
  t.comment(`refused ${goneMs} ms after its slice was emptied`);
  for (const ipFamily of ipFamilies) await isRefused(t, stage, ipFamily, clusterIPs[ipFamily].web, 80);
  await writeSlices(stage, 1);
  const backMs = await eventually('it is served', () => tcpIs('served'), deadlineMs);
  t.comment(`served ${backMs} ms after its slice was filled`);
  for (const ipFamily of ipFamilies) {
    for (const { who, peer, options } of clientsOf(stage, ipFamily)) {
      const address = clusterIPs[ipFamily].web;
      t.match(
        await peer.udpRequest(address, 80, options),
        { reply: 'web1:hello' },
        `UDP serves ${who} again`,
      );
    }
  }
  t.same(proxyPorts(await stage.saved()), before, 'its listeners kept their ports all the time');
}
