// Objects of any shape and events in any order: the model takes them all, and is what it would be without the past.
import t from 'tap';
import { type KubeObject, refOf } from '../../lib/model/kube-objects.js';
import { createModel } from '../../lib/model/model.js';
import type { Snapshot } from '../../lib/model/snapshot.js';
import { service, slice } from '../support/objects.js';

const serviceFields: readonly string[] = [
  'clusterIP',
  'clusterIPs',
  'ports',
  'type',
  'externalIPs',
  'loadBalancerSourceRanges',
  'sessionAffinity',
  'sessionAffinityConfig',
  'internalTrafficPolicy',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'trafficDistribution',
];

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
    for (const field of serviceFields) {
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
    for (const hints of [value, { forZones: value, forNodes: value }]) {
      const endpoints = [{ addresses: ['10.0.9.9'], hints }];
      shapes.push({
        kind: 'EndpointSlice',
        metadata: labelled,
        addressType: 'IPv4',
        endpoints,
        ports: [{ port: 80 }],
      });
    }
    const balanced = { type: 'LoadBalancer', clusterIP: '10.96.9.9', ports: [{ port: 80, nodePort: value }] };
    for (const status of [{ loadBalancer: value }, { loadBalancer: { ingress: value } }]) {
      shapes.push({ kind: 'Service', metadata, spec: balanced, status });
    }
    shapes.push({
      kind: 'Service',
      metadata: { ...metadata, annotations: { 'kube-portal/drain': value } },
      spec: balanced,
    });
    shapes.push({ kind: 'Node', metadata: { name: 'node-1', labels: value }, spec: { podCIDRs: value } });
    shapes.push({ kind: 'Endpoints', metadata, subsets: value });
    shapes.push({ kind: 'Endpoints', metadata, subsets: [{ addresses: value, ports: value }] });
  }
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.0.0.1']));
  for (const shape of shapes) {
    model.upsert(shape as KubeObject);
    const { snapshot } = model.takeSnapshot();
    const endpoints = snapshot.endpoints.get('default/web/TCP/IPv4')?.Cluster.map(({ ip }) => ip);
    if (endpoints?.[0] !== '10.0.0.1') t.fail(`after ${JSON.stringify(shape)} the Service has ${endpoints}`);
  }
  t.ok(model.takeSnapshot().snapshot.problems.length > 0);
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
      const kind = pick(5);
      if (kind === 0) {
        const subsets = [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 9090 }] }];
        return { kind: 'Endpoints', metadata: { namespace: 'default', name }, subsets };
      }
      if (kind === 1) {
        const nodePort = pick(3) === 0 ? {} : { nodePort: 30080 + pick(2) };
        const spec = {
          type: 'NodePort',
          ports: [{ port: 80, ...nodePort }],
          externalIPs: pick(2) === 0 ? [] : [`192.0.2.${pick(2)}`, '10.96.0.1'],
          internalTrafficPolicy: pick(2) === 0 ? 'Cluster' : 'Local',
          externalTrafficPolicy: pick(2) === 0 ? 'Cluster' : 'Local',
        } as const;
        const creationTimestamp = `20${20 + pick(3)}-01-01T00:00:00Z`;
        const clusterIP = ['', 'None', '10.96.0.1', '10.96.0.2', '10.96.0.3'][pick(5)] ?? '';
        return service(name, clusterIP, { spec, ...(pick(2) === 0 && { creationTimestamp }) });
      }
      if (kind === 4) {
        const labels = { 'topology.kubernetes.io/zone': `z${pick(2)}` };
        return { kind: 'Node', metadata: { namespace: '', name: 'node-1', labels } };
      }
      const endpoints = ips.map((ip) => ({
        addresses: [ip],
        conditions: { ready: pick(3) > 0, terminating: pick(3) === 0 },
        nodeName: `node-${pick(2)}`,
        hints: { forZones: [{ name: `z${pick(2)}` }] },
      }));
      return slice(name, [], { sliceName: `slice${pick(6)}`, endpoints });
    };
    const sorted = (snapshot: Snapshot) => ({
      servicePorts: [...snapshot.servicePorts].toSorted(),
      portals: [...snapshot.portals].toSorted(),
      endpoints: [...snapshot.endpoints]
        .map(([key, { Cluster, Local, resting, hasAny, localReady }]) => {
          const lists = [Cluster, Local, resting].map((list) =>
            list
              .map(({ ip, port }) => `${ip}:${port}`)
              .toSorted()
              .join(' '),
          );
          return [key, [...lists, hasAny, localReady].join(' | ')] as const;
        })
        .toSorted(),
      problems: snapshot.problems,
    });
    const model = createModel({ nodeName: 'node-1' });
    const present = new Map<string, KubeObject>();
    for (let step = 0; step < 600; step++) {
      const object = objectOf();
      const key = `${object.kind} ${object.metadata.name}`;
      if (pick(4) === 0) {
        model.remove(refOf(object));
        present.delete(key);
      } else {
        model.upsert(object);
        present.set(key, object);
      }
      if (pick(3) > 0) continue;
      const fresh = createModel({ nodeName: 'node-1' });
      for (const other of present.values()) fresh.upsert(other);
      const [now, expected] = [sorted(model.takeSnapshot().snapshot), sorted(fresh.takeSnapshot().snapshot)];
      if (!t.same(now, expected, `step ${step}`)) break;
    }
  },
);
