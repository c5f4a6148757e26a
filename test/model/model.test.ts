// Objects in, snapshots out: what is served, what is shared with the snapshot before, and what a wrong object does.
import t from 'tap';
import type { EndpointSliceObject, KubeObject, NodeObject, ObjectRef } from '../../lib/model/kube-objects.js';
import { createModel, type Model } from '../../lib/model/model.js';
import type { Snapshot } from '../../lib/model/snapshot.js';
import { service, slice } from '../support/objects.js';

function ref(kind: ObjectRef['kind'], name: string): ObjectRef {
  return { kind, namespace: 'default', name };
}

/** The whole snapshot as lines. */
function told(snapshot: Snapshot): readonly string[] {
  const ports = [...snapshot.servicePorts.values()].map(({ key, clusterIP, port }) => {
    const endpoints = (snapshot.endpoints.get(key)?.Cluster ?? []).map(
      (endpoint) => `${endpoint.ip}:${endpoint.port}`,
    );
    return [key, `${clusterIP}:${port}`, '->', ...endpoints].join(' ');
  });
  return [...ports, ...snapshot.problems.map(({ object, field }) => `${object} ${field}`)];
}

const take = (model: Model): readonly string[] => told(model.takeSnapshot().snapshot);

t.test('Service and endpoints meet, whichever comes first', async (t) => {
  const objects = [service('web', '10.96.0.1'), slice('web', ['10.0.0.1'])];
  for (const order of [objects, objects.toReversed()]) {
    const model = createModel({ nodeName: 'node-1' });
    for (const object of order) model.upsert(object);
    t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080']);
  }
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(slice('web', ['10.0.0.1']));
  t.same(take(model), [], 'endpoints without a Service are no harm');
  model.upsert(service('web', '10.96.0.1'));
  t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080']);
  model.remove(ref('Service', 'web'));
  t.same(take(model), []);
  model.upsert(service('web', '10.96.0.1'));
  t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080'], 'nor are they lost with it');
});

t.test(
  'taking a clusterIP away removes the portal, None keeps it away, setting it serves again',
  async (t) => {
    const model = createModel({ nodeName: 'node-1' });
    const served = ['default/web/TCP/IPv4 10.96.0.1:80 ->'];
    model.upsert(service('web', '10.96.0.1'));
    t.same(take(model), served);
    model.upsert(service('web', ''));
    t.same(take(model), ['Service default/web spec.clusterIP']);
    model.upsert(service('web', 'None'));
    t.same(take(model), []);
    model.upsert(service('web', '10.96.0.1'));
    t.same(take(model), served);
  },
);

t.test('a Service with two ports is two ServicePorts', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const ports = [
    { name: 'p', port: 80, protocol: 'TCP' },
    { name: 'q', port: 81, protocol: 'UDP' },
  ] as const;
  model.upsert(service('web', '10.96.0.1', { ports }));
  model.upsert(slice('web', ['10.0.0.1'], { ports: [{ name: 'q', port: 8081, protocol: 'UDP' }] }));
  t.same(take(model), [
    'default/web:p/TCP/IPv4 10.96.0.1:80 ->',
    'default/web:q/UDP/IPv4 10.96.0.1:81 -> 10.0.0.1:8081',
  ]);
});

t.test('a ServicePort whose number changes keeps its key and its endpoints', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.0.0.1']));
  const before = model.takeSnapshot().snapshot;
  model.upsert(service('web', '10.96.0.2', { ports: [{ port: 81, protocol: 'TCP' }] }));
  const after = model.takeSnapshot().snapshot;
  t.same(told(after), ['default/web/TCP/IPv4 10.96.0.2:81 -> 10.0.0.1:8080']);
  t.equal(after.endpoints, before.endpoints);
});

t.test('endpoints keep the order in which they were first seen, ready or not', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const endpointsAre = (endpoints: EndpointSliceObject['endpoints']): string => {
    model.upsert(slice('web', [], { endpoints }));
    const [usable] = model.takeSnapshot().snapshot.endpoints.values();
    return usable?.Cluster.map(({ ip }) => ip.slice(-1)).join('') ?? '';
  };
  const [a, b, c, d] = [1, 2, 3, 4].map((last) => ({ addresses: [`10.0.0.${last}`] })) as [
    { addresses: string[] },
    { addresses: string[] },
    { addresses: string[] },
    { addresses: string[] },
  ];
  const unready = { ...a, conditions: { ready: false } };
  model.upsert(service('web', '10.96.0.1'));
  t.equal(endpointsAre([a, b, c]), '123');
  t.equal(endpointsAre([unready, c, b]), '23');
  t.equal(endpointsAre([d, c, b, a]), '1234', 'the first one is back at its place');
  t.equal(endpointsAre([b, d]), '24');
});

t.test('the last terminating endpoints serve when none is ready', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('web', '10.96.0.1'));
  const terminating = { ready: false, serving: true, terminating: true };
  const endpoints = [
    { addresses: ['10.0.0.1'], conditions: terminating },
    { addresses: ['10.0.0.2'], conditions: { ...terminating, serving: false } },
  ];
  model.upsert(slice('web', [], { endpoints }));
  t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080']);
  model.upsert(slice('web', [], { endpoints: [...endpoints, { addresses: ['10.0.0.3'] }] }));
  t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.3:8080']);
});

t.test('of two Services with one portal the older is served, the other when it goes', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const at = (year: number) => ({ creationTimestamp: `${year}-01-01T00:00:00Z` });
  model.upsert(service('young', '10.96.0.1', at(2024)));
  model.upsert(slice('young', ['10.0.0.1']));
  t.same(take(model), ['default/young/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080']);
  model.upsert(service('old', '10.96.0.1', at(2020)));
  model.upsert(slice('old', ['10.0.0.2']));
  t.same(take(model), [
    'default/old/TCP/IPv4 10.96.0.1:80 -> 10.0.0.2:8080',
    'Service default/young spec.clusterIP',
  ]);
  model.upsert(slice('young', ['10.0.0.3', '10.0.0.1']));
  t.notOk(model.takeSnapshot().snapshot.endpoints.has('default/young/TCP/IPv4'));
  model.remove(ref('Service', 'old'));
  t.same(take(model), ['default/young/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080 10.0.0.3:8080']);
});

t.test('a Service that moves to a free portal leaves the old one to the other', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('a', '10.96.0.1'));
  model.upsert(service('b', '10.96.0.1'));
  t.same(take(model), ['default/a/TCP/IPv4 10.96.0.1:80 ->', 'Service default/b spec.clusterIP']);
  model.upsert(service('a', '10.96.0.2'));
  t.same(take(model).toSorted(), [
    'default/a/TCP/IPv4 10.96.0.2:80 ->',
    'default/b/TCP/IPv4 10.96.0.1:80 ->',
  ]);
  model.upsert(service('b', '10.96.0.2'));
  model.remove(ref('Service', 'b'));
  model.upsert(service('c', '10.96.0.2'));
  model.remove(ref('Service', 'a'));
  t.same(take(model), ['default/c/TCP/IPv4 10.96.0.2:80 ->']);
});

t.test('one changed endpoint makes one new array; all else is the same object', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  for (let index = 0; index < 100; index++) {
    model.upsert(service(`s${index}`, `10.96.0.${index + 1}`));
    model.upsert(slice(`s${index}`, [`10.0.${index}.1`, `10.0.${index}.2`]));
  }
  const before = model.takeSnapshot().snapshot;
  model.upsert(slice('s7', ['10.0.7.1', '10.0.7.3']));
  const after = model.takeSnapshot().snapshot;
  t.equal(after.servicePorts, before.servicePorts);
  t.equal(after.problems, before.problems);
  const made = [...after.endpoints].filter(([key, endpoints]) => before.endpoints.get(key) !== endpoints);
  t.same(
    made.map(([key]) => key),
    ['default/s7/TCP/IPv4'],
  );
  t.equal(
    before.endpoints.get('default/s7/TCP/IPv4')?.Cluster[1]?.ip,
    '10.0.7.2',
    'the old snapshot stays as it was',
  );
});

t.test('one changed Service makes one new ServicePort; all else is the same object', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  for (let index = 0; index < 100; index++) {
    model.upsert(service(`s${index}`, `10.96.0.${index + 1}`));
    model.upsert(slice(`s${index}`, [`10.0.${index}.1`]));
  }
  const before = model.takeSnapshot().snapshot;
  model.upsert(service('s7', '10.96.1.7'));
  const after = model.takeSnapshot().snapshot;
  t.equal(after.endpoints, before.endpoints);
  const made = [...after.servicePorts].filter(([key, port]) => before.servicePorts.get(key) !== port);
  t.same(
    made.map(([key]) => key),
    ['default/s7/TCP/IPv4'],
  );
});

t.test('events that change nothing leave the very same snapshot', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  t.equal(model.takeSnapshot().snapshot, model.takeSnapshot().snapshot, 'also the empty one');
  const objects: readonly KubeObject[] = [
    service('web', '10.96.0.1'),
    slice('web', ['10.0.0.1', 'wrong']),
    service('db', ''),
  ];
  for (const object of objects) model.upsert(object);
  const before = model.takeSnapshot().snapshot;
  for (const object of objects) model.upsert(structuredClone(object));
  model.remove(ref('Service', 'web'));
  model.upsert(service('web', '10.96.0.1', { labels: { touched: 'yes' } }));
  model.remove(ref('EndpointSlice', 'absent'));
  t.equal(model.isDirty(), false);
  t.same(model.pending(), { serviceChanges: 0, endpointChanges: 0 });
  t.equal(model.takeSnapshot().snapshot, before);
  model.upsert(slice('elsewhere', ['10.0.0.1']));
  t.equal(model.isDirty(), true);
  t.equal(model.takeSnapshot().snapshot, before, 'nor do endpoints that nobody asks for');
});

t.test('changes are counted by kind: events ever, objects pending', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  t.equal(model.isDirty(), false);
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(service('web', '10.96.0.2'));
  model.upsert(service('db', '10.96.0.3'));
  model.upsert(slice('web', ['10.0.0.1']));
  model.upsert({ kind: 'Endpoints', metadata: { namespace: 'default', name: 'web' }, subsets: [] });
  t.same(model.pending(), { serviceChanges: 2, endpointChanges: 2 });
  t.same(model.totals(), { serviceChanges: 3, endpointChanges: 2 });
  t.equal(model.isDirty(), true);
  model.takeSnapshot();
  t.same(model.pending(), { serviceChanges: 0, endpointChanges: 0 });
  t.same(model.totals(), { serviceChanges: 3, endpointChanges: 2 });
  t.equal(model.isDirty(), false);
});

t.test('trigger times come with the snapshot that holds their change, once', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '1970-01-01T00:00:05Z' };
  model.upsert(slice('web', ['10.0.0.1'], { annotations }));
  t.same(model.takeSnapshot().triggerTimesMs, { IPv4: [5000], IPv6: [] });
  model.upsert(slice('web', ['10.0.0.1'], { annotations }));
  t.same(model.takeSnapshot().triggerTimesMs, { IPv4: [], IPv6: [] });
});

t.test('Nodes are kept by name and make nothing dirty', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const node: NodeObject = { kind: 'Node', metadata: { namespace: '', name: 'n1' } };
  model.upsert(node);
  t.equal(model.node('n1'), node);
  t.equal(model.isDirty(), false);
  model.remove({ kind: 'Node', namespace: '', name: 'n1' });
  t.equal(model.node('n1'), undefined);
});

t.test('problems stay until their object is mended or gone', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert({ kind: 'Pod', metadata: { namespace: 'default', name: 'p' } } as unknown as KubeObject);
  model.upsert({ kind: 'Node', metadata: {} } as unknown as KubeObject);
  model.upsert(service('web', 'wrong'));
  model.upsert(slice('web', ['wrong']));
  const all = [
    'EndpointSlice default/web-1 endpoints[0].addresses[0]',
    'Node ? metadata.name',
    'Pod default/p kind',
    'Service default/web spec.clusterIP',
  ];
  t.same(take(model), all);
  t.same(take(model), all);
  model.remove({ kind: 'Pod' as ObjectRef['kind'], namespace: 'default', name: 'p' });
  model.upsert(slice('web', []));
  model.remove(ref('Service', 'web'));
  t.same(take(model), ['Node ? metadata.name']);
});
