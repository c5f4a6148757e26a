// All that is known of one Service, from its slices to its listeners.
import t from 'tap';
import { service, slice } from '../support/objects.js';
import { statusOf } from '../support/status-of.js';

const nodePort = { ports: [{ port: 80, nodePort: 30_080 }] } as const;
const web = service('web', '10.96.0.1', {
  ...nodePort,
  spec: { type: 'NodePort', externalTrafficPolicy: 'Local' },
});
const key = 'default/web/TCP/IPv4';

t.test('portals lead by their ways to listeners', async (t) => {
  const endpoints = [{ addresses: ['10.0.0.1'], nodeName: 'there' }];
  const { detail } = statusOf([web, slice('web', [], { endpoints })]);
  const { exists, servicePorts, node } = detail('web');
  t.same([exists, node.name, servicePorts.length], [true, 'here', 1]);
  const [port] = servicePorts;
  t.match(port?.portals, [
    { kind: 'clusterIP', isBlocked: false, ways: [{ scope: 'Cluster', proxyPort: 40_000 }] },
    {
      kind: 'nodePort',
      ways: [
        { from: 'cluster', scope: 'Cluster', proxyPort: 40_000, disposition: 'serve' },
        { from: 'everybody', scope: 'Local', proxyPort: 40_001, disposition: 'drop' },
      ],
    },
  ]);
  t.match(port?.listeners, [
    { scope: 'Cluster', claim: false, port: 40_000, open: 1, opened: 2, failed: 4 },
    { scope: 'Local', claim: false, port: 40_001 },
    { claim: true, port: 30_080 },
  ]);
  t.match(port?.endpoints, [
    { ip: '10.0.0.1', usableFor: ['Cluster'], whyNot: { Local: /^on node there, and only those on here/ } },
  ]);
  t.same([port?.usableTotal, port?.endpointsTotal], [1, 1]);
});

t.test('why an endpoint is not used', async (t) => {
  const endpoints = [
    { addresses: ['10.0.0.1'] },
    { addresses: ['10.0.0.2'], conditions: { ready: false } },
    { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true } },
    { addresses: ['10.0.0.4'] },
  ];
  const objects = [service('web', '10.96.0.1'), slice('web', [], { endpoints })];
  const { detail } = statusOf(objects, { refused: ['10.0.0.4:8080'] });
  t.same(
    detail('web').servicePorts[0]?.endpoints.map(({ usableFor, whyNot }) => [usableFor, whyNot.Cluster]),
    [
      [['Cluster'], undefined],
      [[], 'not ready'],
      [[], 'terminating, and others are ready'],
      [[], 'refused: a connection to it would come back to this proxy'],
    ],
  );
});

t.test('a portal that is lost, or blocked', async (t) => {
  const old = service('old', '10.96.0.2', {
    creationTimestamp: '2020-01-01T00:00:00Z',
    spec: { externalIPs: ['192.0.2.9'] },
  });
  const young = service('web', '10.96.0.1', {
    ...nodePort,
    creationTimestamp: '2021-01-01T00:00:00Z',
    spec: { type: 'NodePort', externalIPs: ['192.0.2.9'] },
  });
  const problems = [
    { subject: key, message: 'its nodePort is taken' },
    { subject: 'default/old/TCP/IPv4', message: "another's" },
  ];
  const [port] = statusOf([old, young], { blocked: [key], problems }).detail('web').servicePorts;
  t.match(port?.portals, [
    { kind: 'clusterIP', isBlocked: false, ways: [{}] },
    { kind: 'externalIP', lostTo: 'default/old', ways: [] },
    { kind: 'nodePort', isBlocked: true },
  ]);
  t.same(port?.problems, ['its nodePort is taken']);
});

t.test("one whose clusterIP is another's is not served, and says whose it is", async (t) => {
  const at = (name: string, year: number) =>
    service(name, '10.96.0.1', { creationTimestamp: `${year}-01-01T00:00:00Z` });
  const [port] = statusOf([at('old', 2020), at('web', 2021)]).detail('web').servicePorts;
  t.match(port, { isServed: false, portals: [{ kind: 'clusterIP', lostTo: 'default/old', ways: [] }] });
  t.same(port?.listeners, []);
});

t.test('one that is not there, or not for us', async (t) => {
  const { detail } = statusOf([service('web', 'None')]);
  t.match(detail('gone'), { exists: false, servicePorts: [] });
  t.match(detail('web'), { exists: true, notForUs: /headless/, servicePorts: [] });
});

t.test('no more is listed than somebody reads, and all is counted', async (t) => {
  const ips = Array.from({ length: 1001 }, (_, at) => `10.0.${Math.trunc(at / 250)}.${(at % 250) + 1}`);
  const slices = [ips.slice(0, 900), ips.slice(900)].map((some, at) =>
    slice('web', some, { sliceName: `web-${at}` }),
  );
  const [port] = statusOf([service('web', '10.96.0.1'), ...slices]).detail('web').servicePorts;
  t.same([port?.endpoints.length, port?.endpointsTotal, port?.usableTotal], [1000, 1001, 1001]);
});
