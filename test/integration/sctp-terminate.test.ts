// `--sctp-relay=terminate` with the whole program: an association with the proxy, another one with an endpoint, and what a
// reader of the log sees of both. What single messages may do is tested in dataplane/sctp-terminate.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { addresses } from '../support/rig.js';
import { clusterIPs, writeEndpoints, writeServices } from '../support/sctp-stage.js';
import { createStage } from '../support/stage.js';

const compiled = (file: string) => fileURLToPath(new URL(`../../lib/compose/${file}`, import.meta.url));

t.test('messages pass, and what is not served is reported', async (t) => {
  const stage = await createStage(t);
  const { pods, outside } = stage.rig;
  const [one, two] = addresses.IPv4.pods;
  for (const [at, ip] of [one, two].entries()) {
    const args = [compiled('demo-sctp-echo.js'), `pod${at + 1}`, ip, '8080'];
    const echo = pods.spawn([process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (echo.stdout === null) throw new Error('an endpoint without stdout');
    for await (const line of createInterface({ input: echo.stdout })) if (line.startsWith('ready')) break;
  }
  await writeServices(stage, ['web']);
  await writeEndpoints(stage, 'web', 0, 2);
  const program = await stage.serve(['--sctp-relay=terminate', '-v=5', '--shutdown-grace-period=500ms']);

  const portal = `sctp://${clusterIPs.IPv4.web}:80`;
  for (const from of [pods, outside]) {
    const { stdout } = await from.run([
      process.execPath,
      compiled('demo-sctp-ask.js'),
      `${portal}/1`,
      `${portal}/2`,
    ]);
    t.same(
      [...stdout.matchAll(/says (pod\d)/g)].map(([, name]) => name).toSorted(),
      ['pod1', 'pod2'],
      stdout,
    );
  }
  await program.logged(/SCTP packet from/);
  const notServed = await program.metric('kubeportal_service_not_served');
  t.match(
    [...notServed.keys()].filter((labels) => labels.includes('protocol="SCTP"')),
    [/ip_family="IPv6",reason="not-supported"/],
  );
});
