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
    const endpoints = (snapshot.endpoints.get(key) ?? []).map(
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
    const model = createModel();
    for (const object of order) model.upsert(object);
    t.same(take(model), ['default/web/TCP/IPv4 10.96.0.1:80 -> 10.0.0.1:8080']);
  }
  const model = createModel();
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
    const model = createModel();
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
  const model = createModel();
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
  const model = createModel();
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.0.0.1']));
  const before = model.takeSnapshot().snapshot;
  model.upsert(service('web', '10.96.0.2', { ports: [{ port: 81, protocol: 'TCP' }] }));
  const after = model.takeSnapshot().snapshot;
  t.same(told(after), ['default/web/TCP/IPv4 10.96.0.2:81 -> 10.0.0.1:8080']);
  t.equal(after.endpoints, before.endpoints);
});

t.test('endpoints keep the order in which they were first seen, ready or not', async (t) => {
  const model = createModel();
  const endpointsAre = (endpoints: EndpointSliceObject['endpoints']): string => {
    model.upsert(slice('web', [], { endpoints }));
    const [list = []] = model.takeSnapshot().snapshot.endpoints.values();
    return list.map(({ ip }) => ip.slice(-1)).join('');
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
  const model = createModel();
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
  const model = createModel();
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
  const model = createModel();
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
  const model = createModel();
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
    before.endpoints.get('default/s7/TCP/IPv4')?.[1]?.ip,
    '10.0.7.2',
    'the old snapshot stays as it was',
  );
});

t.test('one changed Service makes one new ServicePort; all else is the same object', async (t) => {
  const model = createModel();
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
  const model = createModel();
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
  const model = createModel();
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
  const model = createModel();
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '1970-01-01T00:00:05Z' };
  model.upsert(slice('web', ['10.0.0.1'], { annotations }));
  t.same(model.takeSnapshot().triggerTimesMs, [5000]);
  model.upsert(slice('web', ['10.0.0.1'], { annotations }));
  t.same(model.takeSnapshot().triggerTimesMs, []);
});

t.test('Nodes are kept by name and make nothing dirty', async (t) => {
  const model = createModel();
  const node: NodeObject = { kind: 'Node', metadata: { namespace: '', name: 'n1' } };
  model.upsert(node);
  t.equal(model.node('n1'), node);
  t.equal(model.isDirty(), false);
  model.remove({ kind: 'Node', namespace: '', name: 'n1' });
  t.equal(model.node('n1'), undefined);
});

t.test('an object of any shape is a problem at most, and harms no other', async (t) => {
  const metadata = { namespace: 'default', name: 'wrong' };
  const labelled = { ...metadata, labels: { 'kubernetes.io/service-name': 'web' } };
  const values = [undefined, null, 0, 'x', true, [], {}, [null], [[]], [{}], ['x'], { x: null }];
  const shapes: unknown[] = [null, undefined, 3, 'x', [], {}, { kind: 'Pod', metadata }, { kind: 7 }];
  for (const value of values) {
    for (const kind of ['Service', 'EndpointSlice', 'Endpoints', 'Node']) {
      shapes.push({ kind }, { kind, metadata: value }, { kind, metadata: { namespace: value, name: value } });
      shapes.push({ kind, metadata: { ...metadata, labels: value, annotations: value } });
    }
    shapes.push({ kind: 'Service', metadata, spec: value, status: value });
    for (const field of ['clusterIP', 'clusterIPs', 'ports', 'type']) {
      const spec = { clusterIP: '10.96.9.9', ports: [{ port: 80 }], [field]: value };
      shapes.push({ kind: 'Service', metadata, spec });
    }
    for (const field of ['addressType', 'endpoints', 'ports']) {
      const base = { endpoints: [{ addresses: ['10.0.9.9'] }], ports: [{ port: 80 }], addressType: 'IPv4' };
      shapes.push({ kind: 'EndpointSlice', metadata: labelled, ...base, [field]: value });
    }
    shapes.push({
      kind: 'EndpointSlice',
      metadata: labelled,
      addressType: 'IPv4',
      endpoints: [{ addresses: value, conditions: value, nodeName: value }],
    });
    shapes.push({ kind: 'Endpoints', metadata, subsets: value });
    shapes.push({ kind: 'Endpoints', metadata, subsets: [{ addresses: value, ports: value }] });
  }
  const model = createModel();
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.0.0.1']));
  for (const shape of shapes) {
    model.upsert(shape as KubeObject);
    const { snapshot } = model.takeSnapshot();
    const endpoints = snapshot.endpoints.get('default/web/TCP/IPv4')?.map(({ ip }) => ip);
    if (endpoints?.[0] !== '10.0.0.1') t.fail(`after ${JSON.stringify(shape)} the Service has ${endpoints}`);
  }
  t.ok(model.takeSnapshot().snapshot.problems.length > 0);
});

t.test('problems stay until their object is mended or gone', async (t) => {
  const model = createModel();
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

t.test(
  'after any sequence of events the snapshot is that of a model which never saw another state',
  async (t) => {
    let seed = 7;
    const pick = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const objectOf = (): KubeObject => {
      const name = `s${pick(4)}`;
      const ips = Array.from({ length: pick(4) }, () => `10.0.0.${pick(5) + 1}`);
      const kind = pick(4);
      if (kind === 0) {
        const subsets = [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 9090 }] }];
        return { kind: 'Endpoints', metadata: { namespace: 'default', name }, subsets };
      }
      if (kind === 1)
        return service(name, ['', 'None', '10.96.0.1', '10.96.0.2', '10.96.0.3'][pick(5)] ?? '');
      const endpoints = ips.map((ip) => ({ addresses: [ip], conditions: { ready: pick(3) > 0 } }));
      return slice(name, [], { sliceName: `slice${pick(6)}`, endpoints });
    };
    const sorted = (snapshot: Snapshot) => ({
      servicePorts: [...snapshot.servicePorts].toSorted(),
      endpoints: [...snapshot.endpoints]
        .map(([key, list]) => [key, list.map(({ ip, port }) => `${ip}:${port}`).toSorted()] as const)
        .toSorted(),
      problems: snapshot.problems,
    });
    const model = createModel();
    const present = new Map<string, KubeObject>();
    for (let step = 0; step < 600; step++) {
      const object = objectOf();
      const key = `${object.kind} ${object.metadata.name}`;
      if (pick(4) === 0) {
        model.remove(ref(object.kind, object.metadata.name));
        present.delete(key);
      } else {
        model.upsert(object);
        present.set(key, object);
      }
      if (pick(3) > 0) continue;
      const fresh = createModel();
      for (const other of present.values()) fresh.upsert(other);
      const [now, expected] = [sorted(model.takeSnapshot().snapshot), sorted(fresh.takeSnapshot().snapshot)];
      if (!t.same(now, expected, `step ${step}`)) break;
    }
  },
);
