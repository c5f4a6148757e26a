// SCTP through a ClusterIP, seen from clients and endpoints, with the real program and the real packet filter: from a pod,
// from the world outside and from the host itself. What the relay does with single packets is tested in dataplane/sctp.
import t, { type Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { eventually } from '../support/eventually.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { types } from '../support/sctp-packets.js';
import {
  clusterIPs,
  createSctpStage,
  froms,
  ipFamilies,
  type SctpStage,
  writeEndpoints,
  writeServices,
} from '../support/sctp-stage.js';
import { serveOnPods } from '../support/stage.js';

t.jobs = 2;

/** Well below the three seconds after which a client asks again. */
const soonMs = 1000;

const scenes = [
  { variant: 'nft', addressless: false },
  { variant: 'nft', addressless: true },
  { variant: 'legacy', addressless: false },
  { variant: 'legacy', addressless: true },
] as const;

for (const { variant, addressless } of scenes) {
  t.test(`${variant}, ${addressless ? 'DNAT' : 'REDIRECT'}`, { buffered: true }, async (t) => {
    const stage = await createSctpStage(t, { variant, addressless });
    await writeServices(stage, ['web', 'empty']);
    await writeEndpoints(stage, 'web', 0, 2);
    for (const ipFamily of ipFamilies) await serveOnPods(stage, 'web', { ipFamily, count: 2 });
    const program = await stage.serve(['--shutdown-grace-period=500ms']);

    for (const ipFamily of ipFamilies) {
      for (const from of froms) {
        await t.test(`${ipFamily}: ${from} associates, and the endpoints take turns`, async (t) => {
          const [one, two] = [await stage.client(from, ipFamily), await stage.client(from, ipFamily)];
          const names = [await one.connect(), await two.connect()];
          t.same(names.toSorted(), [`${ipFamily}-pod1`, `${ipFamily}-pod2`]);
          const sent = ['one', 'two', 'x'.repeat(1000)];
          t.same(await one.exchange(sent), sent);
          t.same(await two.exchange(['three']), ['three']);
          t.match(await one.say('shutdown'), { types: [types.shutdownAck] });
        });
        await t.test(`${ipFamily}: without endpoints ${from} is refused at once`, async (t) => {
          const to = { ip: clusterIPs[ipFamily].empty, port: 80 };
          const refused = await stage.client(from, ipFamily, to);
          const said = await refused.say('init', soonMs);
          t.same(said.types, [types.abort]);
        });
      }
      await t.test(`${ipFamily}: TCP, UDP and SCTP on one port of one Service`, async (t) => {
        const { web } = clusterIPs[ipFamily];
        t.match(await stage.pods.tcpRequest(web, 80), { reply: /^web/ });
        t.match(await stage.pods.udpRequest(web, 80), { reply: /^web/ });
      });
      await t.test(`${ipFamily}: proxy ports are closed`, (t) => proxyPortsAreClosed(t, stage, ipFamily));
    }
    const opened = await program.metric('kubeportal_connections_opened_total');
    t.equal(opened.get('{namespace="default",service="web",port="sctp",protocol="SCTP"}'), 12);
    const packets = await program.metric('kubeportal_sctp_packets_total');
    const rx = packets.get('{namespace="default",service="web",port="sctp",protocol="SCTP",direction="rx"}');
    t.ok((rx ?? 0) >= 24, `${rx} packets from clients`);
    t.equal((await program.metric('kubeportal_sctp_malformed_packets_total')).get(''), 0);
    const failed = await program.metric('kubeportal_connections_failed_total');
    const refusals =
      '{namespace="default",service="empty",port="sctp",protocol="SCTP",reason="no-endpoints"}';
    t.equal(failed.get(refusals), 6, 'each refusal was counted');

    const [open, gone] = [await stage.client('a pod', 'IPv4'), await stage.client('the host', 'IPv6')];
    t.match(await open.connect(), /pod/);
    t.match(await gone.connect(), /pod/);
    const ended = program.end();
    t.same(await open.exchange(['during the grace period']), ['during the grace period']);
    t.same(await ended, { code: 0, signal: null });
    for (const client of [open, gone]) t.same((await client.listen()).types, [types.abort], 'it was told');
    await eventually('the endpoint was told', async () =>
      (await stage.hands.pods.seen('IPv4-pod1')).includes(types.abort),
    );
  });
}

async function proxyPortsAreClosed(t: Test, stage: SctpStage, ipFamily: IpFamily): Promise<void> {
  const port = proxyPorts(await stage.saved(ipFamily)).get(`${clusterIPs[ipFamily].web}:80/sctp`) ?? 0;
  t.ok(port >= 10_000 && port < 20_000, `port ${port}`);
  const loopback = ipFamily === 'IPv4' ? '127.0.0.1' : '::1';
  const { node } = addresses[ipFamily];
  const ways = [
    ['a pod', node.pods],
    ['the world outside', node.outside],
    ['the host', node.outside],
    ['the host', loopback],
  ] as const;
  for (const [from, ip] of ways) {
    const direct = await stage.client(from, ipFamily, { ip, port });
    t.same((await direct.say('init', 200)).types, [], `${from} to ${ip}: no answer of the relay`);
  }
}
