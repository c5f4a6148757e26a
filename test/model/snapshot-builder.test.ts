// What one pass looks at: the ServicePorts that changed, and no other.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { type ConvertedService, servicePortsOf } from '../../lib/model/service-ports.js';
import { createSnapshotBuilder } from '../../lib/model/snapshot-builder.js';
import { service } from '../support/objects.js';

const node = { name: 'node-1', zone: 'a' };

function converted(name: string, clusterIP: string): ConvertedService {
  return servicePortsOf(service(name, clusterIP));
}

t.test('endpoints are looked up for changed ServicePorts only', async (t) => {
  const asked: string[] = [];
  const endpoint: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
  const builder = createSnapshotBuilder(({ key }: ServicePort, previous) => {
    asked.push(key);
    return previous.length > 0 ? previous : [endpoint];
  });
  const [a, b] = [converted('a', '10.96.0.1'), converted('b', '10.96.0.2')];
  const added = new Map([
    ['Service default/a', { previous: undefined, current: a }],
    ['Service default/b', { previous: undefined, current: b }],
  ]);
  const first = builder.build({ services: added, endpointsOf: [], problems: [], node });
  t.same(asked.splice(0), ['default/a/TCP/IPv4', 'default/b/TCP/IPv4']);
  const second = builder.build({ services: new Map(), endpointsOf: b.servicePorts, problems: [], node });
  t.same(asked.splice(0), ['default/b/TCP/IPv4']);
  t.equal(second, first, 'and since they are the same ones, so is the snapshot');
  builder.build({ services: new Map(), endpointsOf: [], problems: [['x', []]], node });
  t.same(asked, []);
});

t.test('a ServicePort that goes is not looked up, even if its endpoints changed as well', async (t) => {
  const asked: string[] = [];
  const builder = createSnapshotBuilder(({ key }) => {
    asked.push(key);
    return [];
  });
  const a = converted('a', '10.96.0.1');
  builder.build({
    services: new Map([['Service default/a', { previous: undefined, current: a }]]),
    endpointsOf: [],
    problems: [],
    node,
  });
  asked.length = 0;
  const snapshot = builder.build({
    services: new Map([['Service default/a', { previous: a, current: undefined }]]),
    endpointsOf: a.servicePorts,
    problems: [],
    node,
  });
  t.same(asked, []);
  t.equal(snapshot.servicePorts.size, 0);
});

t.test('another zone chooses anew for every ServicePort, and looks up none', async (t) => {
  const asked: string[] = [];
  const endpoints: readonly Endpoint[] = ['a', 'b'].map((zone, index) => ({
    ip: `10.0.0.${index + 1}`,
    port: 80,
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [zone],
  }));
  const builder = createSnapshotBuilder(({ key }) => {
    asked.push(key);
    return endpoints;
  });
  const a = converted('a', '10.96.0.1');
  const services = new Map([['Service default/a', { previous: undefined, current: a }]]);
  const chosen = (zone: string, changes: typeof services | undefined): readonly string[] => {
    const snapshot = builder.build({
      services: changes ?? new Map(),
      endpointsOf: [],
      problems: [],
      node: { name: 'node-1', zone },
    });
    return snapshot.endpoints.get('default/a/TCP/IPv4')?.Cluster.map(({ ip }) => ip) ?? [];
  };
  t.same(chosen('a', services), ['10.0.0.1']);
  t.same(asked.splice(0), ['default/a/TCP/IPv4']);
  t.same(chosen('b', undefined), ['10.0.0.2']);
  t.same(chosen('', undefined), ['10.0.0.1', '10.0.0.2']);
  t.same(asked, []);
});

t.test('a ServicePort has an entry while anything is usable somewhere, or rests', async (t) => {
  const local = servicePortsOf(service('a', '10.96.0.1', { spec: { internalTrafficPolicy: 'Local' } }));
  const remote: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
  const table: readonly [what: string, endpoint: Endpoint | undefined, expected: object | undefined][] = [
    ['elsewhere', remote, { Cluster: [], Local: [], hasAny: true, resting: [] }],
    ['resting', { ...remote, ready: false }, { Cluster: [], Local: [], hasAny: false }],
    ['dead', { ...remote, ready: false, serving: false, terminating: true }, undefined],
    ['none', undefined, undefined],
  ];
  for (const [what, endpoint, expected] of table) {
    const builder = createSnapshotBuilder(() => (endpoint === undefined ? [] : [endpoint]));
    const services = new Map([['Service default/a', { previous: undefined, current: local }]]);
    const { endpoints } = builder.build({ services, endpointsOf: [], problems: [], node });
    const entry = endpoints.get('default/a/TCP/IPv4');
    if (expected === undefined) t.equal(entry, undefined, what);
    else t.match(entry, expected, what);
  }
});
