// What is shown of a ServicePort: portals and where they lead, listeners, endpoints, and what is wrong.
import t from 'tap';
import { portalsOf } from '../../lib/model/portals-of.js';
import { planRules } from '../../lib/proxier/plan.js';
import { servicePortStatus, servicePortStatuses } from '../../lib/proxier/service-port-status.js';
import { held, usableOf } from '../support/held.js';
import { servicePort } from '../support/service-port.js';

const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
const usable = usableOf(['10.244.1.1']);
const snapshot = {
  servicePorts: new Map([[web.key, web]]),
  portals: new Map([[web.key, portalsOf(web)]]),
  endpoints: new Map([[web.key, usable]]),
  problems: [],
};
const listeners = new Map([
  [web.key, held(web, { Cluster: 40_000, Local: 40_002, nodePort: 30_080 }, usable)],
]);
const setting = {
  steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
  localhostNodePorts: true,
  dropInvalid: true,
} as const;
const plan = planRules(
  { ...snapshot, held: listeners, version: 0, blocked: new Set(), setting, nodeAddress: {} },
  undefined,
);
const problems = [
  { subject: web.key, message: 'its own' },
  { subject: 'Service default/web', message: "its Service's" },
  { subject: 'default/other/TCP/IPv4', message: "another's" },
];
const sources = { snapshot, held: listeners, endpoints: snapshot.endpoints, plan, problems };

t.test('a Service with all that there is', async (t) => {
  const status = servicePortStatus(web.key, sources);
  t.same(status?.portals, [
    {
      kind: 'clusterIP',
      ip: '10.96.0.1',
      port: 80,
      ways: [{ from: 'everybody', scope: 'Cluster', proxyPort: 40_000, disposition: 'serve' }],
    },
    {
      kind: 'nodePort',
      ip: '',
      port: 30_080,
      ways: [
        { from: 'cluster', scope: 'Cluster', proxyPort: 40_000, disposition: 'serve' },
        { from: 'everybody', scope: 'Local', proxyPort: 40_002, disposition: 'drop' },
      ],
    },
  ]);
  t.match(status?.listeners, [
    { scope: 'Cluster', claim: false, port: 40_000, disposition: 'serve' },
    { scope: 'Local', claim: false, port: 40_002, disposition: 'drop' },
    { scope: 'Local', claim: true, port: 30_080, disposition: 'drop' },
  ]);
  t.equal(status?.endpoints, usable);
  t.same(
    status?.problems.map(({ message }) => message),
    ['its own', "its Service's"],
  );
  t.same([...servicePortStatuses(sources)], [status]);
});

t.test('before the first sync portals lead nowhere; what is unknown is undefined', async (t) => {
  const early = servicePortStatus(web.key, {
    ...sources,
    plan: undefined,
    held: new Map(),
    endpoints: new Map(),
    problems: [],
  });
  t.match(early, { listeners: [], endpoints: { hasAny: false }, problems: [] });
  t.ok(early?.portals.every(({ ways }) => ways.length === 0));
  t.equal(servicePortStatus('default/other/TCP/IPv4', sources), undefined);
});
