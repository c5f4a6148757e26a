// test/support/sctp-flood.ts: a flood of INITs at a Service, and what others notice of it: TCP and UDP through the same
// program while it lasts, SCTP when it is over. test/integration/ has a short one, test/full/ 1,000,000 packets.
import type { Test } from 'tap';
import { eventually } from './eventually.js';
import { service, slice } from './objects.js';
import { addresses } from './rig.js';
import { serveOnPods } from './stage.js';
import { openTheatre, portalOf } from './usrsctp-theatre.js';

const web = '10.96.0.31';
const ports = [
  { name: 'tcp', port: 80, protocol: 'TCP' },
  { name: 'udp', port: 80, protocol: 'UDP' },
] as const;
/** For one request while the flood lasts. Undisturbed it takes a millisecond; the machine may have other work, though. */
const deadlineMs = 5000;

export async function flood(t: Test, packets: number): Promise<void> {
  const { stage, peer, program } = await openTheatre(t);
  const { outside, node } = stage.rig;
  const targets = ports.map(({ name, protocol }) => ({ name, port: 8080, protocol }));
  await serveOnPods(stage, 'web', { count: 1 });
  const pods = addresses.IPv4.pods.slice(0, 1);
  await stage.manifests.write('web.json', [
    service('web', web, { ports }),
    slice('web', pods, { ports: targets }),
  ]);
  await eventually(
    'TCP is served',
    async () => (await stage.host.tcpRequest(web, 80, { timeoutMs: 500 })).ok,
  );
  const portal = portalOf('IPv4');
  t.match(await peer.echo(node, portal, [100]), { connected: true, good: 1 }, 'SCTP is served before');

  const flooder = [new URL('./sctp-flood-program.js', import.meta.url).pathname, addresses.IPv4.outside];
  let isOver = false;
  const flooding = outside
    .run([process.execPath, ...flooder, portal.ip, String(portal.port), String(packets)], {
      timeoutMs: 170_000,
    })
    .finally(() => {
      isOver = true;
    });
  const took = { tcp: [] as number[], udp: [] as number[] };
  const wrong: string[] = [];
  let resent = 0;
  while (!isOver) {
    for (const kind of ['tcp', 'udp'] as const) {
      const startedMs = performance.now();
      const request = kind === 'tcp' ? stage.pods.tcpRequest : stage.pods.udpRequest;
      const ask = () => request.call(stage.pods, web, 80, { timeoutMs: deadlineMs });
      let reply = await ask();
      // The kernel's backlog is full of INITs now and then, and drops what comes: as a resolver does, UDP asks once more.
      if (kind === 'udp' && !reply.ok) {
        resent++;
        reply = await ask();
      }
      took[kind].push(performance.now() - startedMs);
      if (!reply.ok) wrong.push(`${kind}: ${reply.errorCode}`);
    }
  }
  const { status, stdout, stderr } = await flooding;
  t.equal(status, 0, 'the flood was sent', { stderr });
  t.comment(`flood: ${stdout.trim()}`);
  t.same(wrong, [], `${took.tcp.length} TCP and ${took.udp.length} UDP requests are answered meanwhile`);
  for (const kind of ['tcp', 'udp'] as const)
    t.comment(`${kind}: the slowest took ${Math.round(Math.max(...took[kind]))} ms`);
  t.ok(resent <= 1 + took.udp.length / 1000, `${resent} UDP requests were sent twice`);
  const afterMs = await eventually(
    'SCTP is served again',
    async () => (await peer.echo(outside, portal, [1000])).good === 1,
    20_000,
  );
  t.ok(afterMs < 10_000, `SCTP is served again after ${afterMs} ms`);
  const refused = (await program.metric('kubeportal_sctp_refused_overload_total')).get('') ?? 0;
  if (packets > 10_000) t.ok(refused > 0, `${refused} half-open ones made room`);
  const warned = program.records().filter(({ msg }) => /table of SCTP associations is full/.test(msg));
  if (packets > 10_000)
    t.equal(warned.length > 0 && warned.length < 20, true, `${warned.length} lines in the log`);
  await eventually(
    'the half-open ones are forgotten',
    async () => (await program.metric('kubeportal_sctp_associations')).get('') === 0,
    30_000,
  );
}
