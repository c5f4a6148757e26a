// The servers on healthCheckNodePorts, asked over real sockets on loopback.
import { createServer, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { createHealthCheckNodePorts } from '../../lib/http/health-check-node-ports.js';
import type { Endpoint } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import type { Snapshot } from '../../lib/model/snapshot.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { RulesPlan } from '../../lib/proxier/plan.js';
import { eventually } from '../support/eventually.js';
import { servicePort } from '../support/service-port.js';
import { fakeStatus } from './fakes.js';

/** A port that was free a moment ago, held while `held`. */
async function takePort(t: Test): Promise<{ readonly port: number; readonly holder: Server }> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  t.teardown(() => holder.close());
  const address = holder.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, holder };
}

async function freePort(t: Test): Promise<number> {
  const { port, holder } = await takePort(t);
  await new Promise((resolve) => holder.close(resolve));
  return port;
}

const balanced = (name: string, healthCheckNodePort: number): ServicePort =>
  servicePort({ name: { name }, externalPolicy: 'Local', nodePort: 30_080, healthCheckNodePort });

function setUp(t: Test) {
  const status = fakeStatus();
  const endpoint: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
  let snapshot: Snapshot = status.snapshot();
  const plan = {
    desired: { nodePortAddresses: { IPv4: ['127.0.0.1'], IPv6: [] } },
  } as unknown as RulesPlan;
  const failures: string[] = [];
  const servers = createHealthCheckNodePorts({
    status: { snapshot: () => snapshot, syncHealth: () => status.health, plan: () => plan },
    clock: systemClock,
    log: silentLog,
    onFailure: ({ namespace, name, port }, error) => {
      failures.push(
        `${namespace}/${name} ${port === 0 ? '' : error.message.replaceAll(String(port), 'PORT')}`,
      );
    },
    retryMs: 50,
  });
  t.teardown(() => servers.close());
  return {
    status,
    servers,
    failures,
    serve(services: readonly ServicePort[], ready: readonly ServicePort[] = services) {
      snapshot = {
        ...snapshot,
        servicePorts: new Map(services.map((one) => [one.key, one])),
        endpoints: new Map(
          ready.map(({ key }) => [key, { ...noEndpoints, Local: [endpoint], hasAny: true, localReady: 1 }]),
        ),
      };
      servers.sync();
    },
  };
}

const codeAt = async (port: number): Promise<number | 'refused'> => {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/any/path`);
    await answer.text();
    return answer.status;
  } catch {
    return 'refused';
  }
};

t.test('each Service is answered for on its port, and only while it is there', async (t) => {
  const { servers, serve, status } = setUp(t);
  const [first, second] = [await freePort(t), await freePort(t)];
  const [web, api] = [balanced('web', first), balanced('api', second)];
  serve([web, api], [web]);
  await eventually('port answers 200', async () => (await codeAt(first)) === 200);
  await eventually('port answers 503', async () => (await codeAt(second)) === 503);
  const answer = await fetch(`http://127.0.0.1:${first}/`);
  t.equal(answer.headers.get('x-load-balancing-endpoint-weight'), '1');
  t.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  t.equal(answer.headers.get('content-type'), 'application/json');
  t.strictSame(await answer.json(), {
    service: { namespace: 'default', name: 'web' },
    localEndpoints: 1,
    serviceProxyHealthy: true,
  });
  status.health = { ...status.health, healthy: false };
  t.equal(await codeAt(first), 503, 'the proxy is not healthy');
  status.health = { ...status.health, healthy: true };
  serve([balanced('web', second)]);
  await eventually('port answers 200', async () => (await codeAt(second)) === 200);
  t.equal(await codeAt(first), 'refused');
  serve([]);
  await eventually('port answers refused', async () => (await codeAt(second)) === 'refused');
  await servers.close();
});

t.test('a port that somebody else has is told once, tried again, and harms no other Service', async (t) => {
  const { serve, failures } = setUp(t);
  const { port, holder } = await takePort(t);
  const free = await freePort(t);
  const services = [balanced('web', port), balanced('api', free)];
  serve(services);
  await eventually('port answers 200', async () => (await codeAt(free)) === 200);
  await eventually('the failure is told', () => failures.length === 1);
  t.match(failures[0], /^default\/web .*cannot listen on 127\.0\.0\.1:PORT/);
  serve([...services]);
  await new Promise((resolve) => holder.close(resolve));
  await eventually('port answers 200', async () => (await codeAt(port)) === 200);
  t.equal(failures.length, 1);
});
