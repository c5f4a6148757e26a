// `kube-portal explain` of a dual-stack Service with three protocols: live probes of SCTP and of IPv6 endpoints, against a
// running program.
import t from 'tap';
import { explain } from '../support/faulty-services.js';
import {
  clusterIPs,
  createSctpStage,
  ipFamilies,
  writeEndpoints,
  writeServices,
} from '../support/sctp-stage.js';
import { serveOnPods } from '../support/stage.js';

t.test('each protocol in each family', async (t) => {
  const stage = await createSctpStage(t, { addressless: false });
  await writeServices(stage, ['web', 'late']);
  await writeEndpoints(stage, 'web', 0, 2);
  // Nobody speaks SCTP at the third pod.
  await writeEndpoints(stage, 'late', 2, 3);
  for (const ipFamily of ipFamilies) await serveOnPods(stage, 'web', { ipFamily, count: 2 });
  await stage.serve();

  const web = await explain(stage, ['default/web']);
  t.equal(web.status, 0, web.stderr);
  t.match(web.explanation.verdict.text, /^All 6 ports of default\/web are served/);
  t.same(
    web.explanation.servicePorts.map(({ protocol, ipFamily, portals, endpoints }) => [
      `${protocol} ${ipFamily}`,
      portals.map(({ ip, rule }) => [ip, rule.state]),
      endpoints.map(({ probe }) => probe?.outcome),
    ]),
    web.explanation.servicePorts.map(({ protocol, ipFamily }) => {
      // Nothing here speaks SCTP over IPv6 by itself.
      const outcome = protocol === 'SCTP' && ipFamily === 'IPv6' ? 'unknown' : 'answers';
      return [`${protocol} ${ipFamily}`, [[clusterIPs[ipFamily].web, 'in-place']], [outcome, outcome]];
    }),
  );

  const late = await explain(stage, ['default/late:sctp', '--from=10.244.0.9']);
  t.equal(late.status, 1);
  t.match(late.explanation.verdict, {
    code: 'endpoints-dead',
    text: /^default\/late:sctp \(SCTP, IPv4\) is led to 1 endpoint, and it does not answer/,
  });
  const six = await explain(stage, ['default/web:tcp', '--from=fd00:1234::9']);
  t.match(six.explanation.verdict.text, /^default\/web:tcp \(TCP, IPv6\) is served by 2 endpoints/);
});
