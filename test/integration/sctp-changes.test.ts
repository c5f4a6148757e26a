// SCTP while something changes: endpoints, Services, the program itself; and where there can be no SCTP at all.
import t, { type Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { eventually } from '../support/eventually.js';
import type { Program } from '../support/portal.js';
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

/** A change is in force within 2 s; the rest is for a busy machine. */
const deadlineMs = 5000;
/** Well below the three seconds after which a client asks again. */
const soonMs = 1000;

t.test('what changes while associations are open', { buffered: true }, async (t) => {
  const stage = await createSctpStage(t);
  await writeServices(stage, ['web']);
  await writeEndpoints(stage, 'web', 0, 2);
  const program = await stage.serve(['--shutdown-grace-period=0']);
  const connect = async () => (await stage.client('a pod', 'IPv4')).connect(deadlineMs);

  await t.test('an endpoint that says nothing: the next one, within the first INIT', async (t) => {
    await stage.hands.pods.setUp('IPv4-pod1', false);
    t.same([await connect(), await connect(), await connect()], Array(3).fill('IPv4-pod2'));
    await stage.hands.pods.setUp('IPv4-pod1', true);
  });

  await t.test('an endpoint leaves: its associations go on, new ones go elsewhere', async (t) => {
    const client = await stage.client('a pod', 'IPv4');
    t.equal(await client.connect(deadlineMs), 'IPv4-pod2');
    const rules = await stage.saved();
    await writeEndpoints(stage, 'web', 0, 1);
    await eventually('it gets no new ones', async () => {
      const names = [await connect(), await connect()];
      return names.every((name) => name === 'IPv4-pod1');
    });
    t.same(await client.exchange(['go on']), ['go on']);
    t.equal(await stage.saved(), rules, 'no rule was touched');
  });

  await t.test('the last endpoint leaves: refused at once, what is open goes on, and back', async (t) => {
    const client = await stage.client('the world outside', 'IPv4');
    t.equal(await client.connect(), 'IPv4-pod1');
    await writeEndpoints(stage, 'web', 0, 0);
    await eventually('it is refused', async () => {
      const refused = await stage.client('a pod', 'IPv4');
      return (await refused.say('init', soonMs)).types[0] === types.abort;
    });
    t.same(await client.exchange(['go on']), ['go on']);
    await writeEndpoints(stage, 'web', 0, 1);
    await eventually('it is served', async () => (await connect()) === 'IPv4-pod1', deadlineMs);
  });

  await t.test('a Service that comes late serves a client that has asked for it all the time', async (t) => {
    const to = { ip: clusterIPs.IPv4.late, port: 80 };
    // Its packets leave the host, which makes conntrack remember where to; a pod's are dropped where nobody forwards.
    const client = await stage.client('the host', 'IPv4', to);
    // More often than conntrack forgets (3 s), so that the entry of its first packet lives on.
    const ask = () => client.say('init', 500);
    t.same((await ask()).types, []);
    await writeServices(stage, ['web', 'late']);
    await writeEndpoints(stage, 'late', 1, 2);
    await eventually('it is answered', async () => (await ask()).types[0] === types.initAck, deadlineMs);
  });

  t.same(await program.end(), { code: 0, signal: null });
});

for (const variant of ['nft', 'legacy'] as const) {
  t.test(`killed, and started again (${variant})`, { buffered: true }, async (t) => {
    const stage = await createSctpStage(t, { variant, addressless: variant === 'legacy' });
    await writeServices(stage, ['web']);
    await writeEndpoints(stage, 'web', 0, 2);
    const first = await stage.serve();
    const clients = await Promise.all(
      ipFamilies.flatMap((ipFamily) => froms.map((from) => stage.client(from, ipFamily))),
    );
    for (const client of clients) t.match(await client.connect(), /pod/);
    const rules = await stage.saved();
    await first.end('SIGKILL');
    const second = await stage.serve(['--shutdown-grace-period=0']);
    t.equal(await stage.saved(), rules, 'the same ports, the same rules');
    for (const client of clients) {
      t.same((await client.say('data', soonMs)).types, [types.abort], 'its next packet is answered at once');
      t.match(await client.connect(), /pod/, 'and the same client is served again');
    }
    t.same(await second.end(), { code: 0, signal: null });
  });
}

t.test(
  'no capability for raw sockets: SCTP is not served and says why, all else is',
  { buffered: true },
  async (t) => {
    const stage = await createSctpStage(t);
    await writeServices(stage, ['web']);
    await writeEndpoints(stage, 'web', 0, 2);
    await serveOnPods(stage, 'web', { count: 2 });
    const wrapper = ['setpriv', '--inh-caps=-net_raw', '--bounding-set=-net_raw', '--'];
    const program = await stage.serve(['--min-sync-period=50ms', '--sync-period=200ms'], { wrapper });
    await isReported(t, program, /not served: no listener: .*EPERM.*\(SCTP needs raw sockets: CAP_NET_RAW\)/);
    await isOtherwiseServed(t, stage);
    t.same(await program.end(), { code: 0, signal: null });
  },
);

t.test('--sctp-relay=off: the same', { buffered: true }, async (t) => {
  const stage = await createSctpStage(t);
  await writeServices(stage, ['web']);
  await writeEndpoints(stage, 'web', 0, 2);
  await serveOnPods(stage, 'web', { count: 2 });
  const program = await stage.serve(['--sctp-relay=off', '--sync-period=200ms']);
  await isReported(t, program, /not served: no listener: .*--sctp-relay=off/);
  await isOtherwiseServed(t, stage);
  t.same(await program.end(), { code: 0, signal: null });
});

async function isReported(t: Test, program: Program, message: RegExp): Promise<void> {
  await program.logged(message);
  const notServed = await program.metric('kubeportal_service_not_served');
  const labels = (ipFamily: IpFamily) =>
    `{namespace="default",service="web",port="sctp",protocol="SCTP",ip_family="${ipFamily}",reason="not-supported"}`;
  t.same([...notServed.keys()].toSorted(), ipFamilies.map(labels));
  t.equal((await program.metric('kubeportal_service_problems')).get(''), 2);
  // Several syncs later.
  await eventually(
    'it has synced again',
    async () => {
      const syncs = await program.metric('kubeproxy_sync_proxy_rules_duration_seconds_count');
      return Math.max(0, ...syncs.values()) > 1;
    },
    40_000,
  );
  const said = program.records().filter(({ msg }) => message.test(msg));
  t.equal(said.length, 2, 'once for each family');
  t.equal((await program.healthz()).status, 200, 'the node is well');
}

async function isOtherwiseServed(t: Test, stage: SctpStage): Promise<void> {
  const { web } = clusterIPs.IPv4;
  t.match(await stage.pods.tcpRequest(web, 80), { reply: /^web/ });
  t.match(await stage.host.udpRequest(web, 80), { reply: /^web/ });
  t.notMatch(await stage.saved(), /sctp/, 'no rule for it');
  const unserved = await stage.client('a pod', 'IPv4');
  t.same((await unserved.say('init', 200)).types, []);
}
