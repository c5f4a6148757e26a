// Which Events the proxier's life makes.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import type { Snapshot } from '../../lib/model/snapshot.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import type { ProxyEvent } from '../../lib/proxier/event-recorder.js';
import { ProxyEvents } from '../../lib/proxier/proxy-events.js';
import type { ServiceProblem } from '../../lib/proxier/status.js';
import { fakeClock } from '../support/fake-clock.js';
import { servicePort } from '../support/service-port.js';

const endpoint: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };

function setUp() {
  const clock = fakeClock();
  const told: ProxyEvent[] = [];
  let problems: readonly ServiceProblem[] = [];
  let snapshot: Snapshot = {
    servicePorts: new Map(),
    portals: new Map(),
    endpoints: new Map(),
    problems: [],
  };
  const events = new ProxyEvents({
    status: { snapshot: () => snapshot, problems: () => problems },
    recorder: { record: (event) => void told.push(event) },
    nodeName: 'node-1',
    clock,
  });
  return {
    clock,
    events,
    take: () => told.splice(0),
    sync(
      services: readonly ServicePort[],
      ready: readonly ServicePort[],
      found: readonly ServiceProblem[] = [],
    ) {
      problems = found;
      snapshot = {
        ...snapshot,
        servicePorts: new Map(services.map((one) => [one.key, one])),
        endpoints: new Map(
          ready.map(({ key }) => [key, { ...noEndpoints, Cluster: [endpoint], hasAny: true }]),
        ),
      };
      events.syncFinished({ failures: [] });
    },
  };
}

const node = { kind: 'Node', namespace: '', name: 'node-1' };
const service = { kind: 'Service', namespace: 'default', name: 'web' };

t.test('on the Node: the start, servers without an address, rules that can not be written', async (t) => {
  const { events, take } = setUp();
  events.starting();
  events.serverFailed('healthz', new Error('cannot listen'));
  events.serverFailed('metrics', new Error('cannot listen'));
  events.syncFinished({ failures: [{ ipFamily: 'IPv6', error: new Error('no table') }] });
  t.match(take(), [
    { regarding: node, type: 'Normal', reason: 'Starting', action: 'StartKubeProxy' },
    { regarding: node, type: 'Warning', reason: 'FailedToStartProxierHealthcheck', note: 'cannot listen' },
    { regarding: node, reason: 'FailedToStartMetricServer' },
    { regarding: node, reason: 'RulesNotWritten', note: 'the rules of IPv6 could not be written: no table' },
  ]);
});

t.test('a problem is told on its Service when it begins, and again when it comes back', async (t) => {
  const { sync, take } = setUp();
  const web = servicePort();
  const taken = { subject: web.key, message: 'nodePort 30080 is taken', kind: 'nodePort' } as const;
  sync([web], [web], [taken]);
  t.match(take(), [
    { regarding: service, reason: 'NodePortTaken', note: 'node node-1: nodePort 30080 is taken' },
  ]);
  sync([web], [web], [{ ...taken }]);
  t.strictSame(take(), []);
  sync([web], [web]);
  sync([web], [web], [taken]);
  t.equal(take().length, 1);
});

t.test(
  'what kind of problem it is makes the reason; what holds everywhere is told once for all',
  async (t) => {
    const { sync, take } = setUp();
    const web = servicePort();
    sync(
      [web],
      [web],
      [
        { subject: web.key, message: 'refused', kind: 'endpoint-refused' },
        { subject: web.key, message: 'no listener', kind: 'no-listener' },
        { subject: 'Service shop/odd', message: 'spec.clusterIP: is 7' },
        { subject: 'Node node-1', message: 'spec.podCIDRs: is 7' },
        { subject: 'EndpointSlice default/web-1', message: 'ports: is 7' },
        { subject: 'Service ?/odd', message: 'metadata.namespace: is absent' },
      ],
    );
    t.match(take(), [
      { regarding: service, reason: 'EndpointRefused' },
      { regarding: service, reason: 'NoListener' },
      {
        regarding: { kind: 'Service', namespace: 'shop', name: 'odd' },
        reason: 'NotServed',
        clusterWide: true,
      },
      { regarding: node, reason: 'NotServed' },
    ]);
  },
);

t.test('no endpoints: told once, after a minute of it', async (t) => {
  const { sync, take, clock } = setUp();
  const web = servicePort({ name: { port: 'http' } });
  sync([web], []);
  await clock.advance(59_000);
  sync([web], []);
  t.strictSame(take(), []);
  await clock.advance(1_000);
  sync([web], []);
  t.match(take(), [
    {
      regarding: service,
      type: 'Warning',
      reason: 'NoEndpoints',
      note: 'default/web:http has had no IPv4 endpoint for 60 s: clients are refused',
      clusterWide: true,
    },
  ]);
  await clock.advance(600_000);
  sync([web], []);
  t.strictSame(take(), []);
  sync([web], [web]);
  await clock.advance(600_000);
  sync([web], []);
  t.strictSame(take(), [], 'it counts from when they left');
});

t.test('a health check’s port that is taken is told on its Service, with kube-proxy’s reason', async (t) => {
  const { events, take } = setUp();
  events.healthCheckFailed({ namespace: 'default', name: 'web' }, new Error('EADDRINUSE'));
  t.match(take(), [
    { regarding: service, reason: 'FailedToStartServiceHealthcheck', note: /node-1.*EADDRINUSE/ },
  ]);
});
