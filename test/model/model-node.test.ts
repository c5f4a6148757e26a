// What this node is decides which endpoints are near, and what is local.
import t from 'tap';
import type { NodeObject } from '../../lib/model/kube-objects.js';
import { createModel } from '../../lib/model/model.js';
import { service, slice } from '../support/objects.js';

const zoned = (zone: string, podCIDRs: readonly string[] = []): NodeObject => ({
  kind: 'Node',
  metadata: { namespace: '', name: 'node-1', labels: { 'topology.kubernetes.io/zone': zone } },
  spec: { podCIDRs },
});

t.test("this node's zone chooses among hinted endpoints, and a change of it chooses anew", async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(service('db', '10.96.0.2'));
  const endpoints = ['a', 'b'].map((zone, index) => ({
    addresses: [`10.0.0.${index + 1}`],
    hints: { forZones: [{ name: zone }] },
  }));
  model.upsert(slice('web', [], { endpoints }));
  model.upsert(slice('db', ['10.0.1.1']));
  const web = (): string => {
    const usable = model.takeSnapshot().snapshot.endpoints.get('default/web/TCP/IPv4');
    return usable?.Cluster.map(({ ip }) => ip).join(' ') ?? '';
  };
  t.equal(web(), '10.0.0.1 10.0.0.2', 'a node without a zone');
  const before = model.takeSnapshot().snapshot;
  model.upsert(zoned('b'));
  t.equal(model.isDirty(), true);
  const { snapshot: after, node } = model.takeSnapshot();
  t.same(node, { name: 'node-1', zone: 'b', podCIDRs: { IPv4: [], IPv6: [] }, eligible: true });
  t.equal(web(), '10.0.0.2');
  t.equal(after.servicePorts, before.servicePorts);
  t.equal(after.endpoints.get('default/db/TCP/IPv4'), before.endpoints.get('default/db/TCP/IPv4'));
  model.remove({ kind: 'Node', namespace: '', name: 'node-1' });
  t.equal(web(), '10.0.0.1 10.0.0.2', 'a node that is gone has no zone');
});

t.test('what this node is makes the model dirty, other nodes and other fields do not', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const first = model.takeSnapshot();
  model.upsert({ ...zoned('b'), metadata: { ...zoned('b').metadata, name: 'node-2' } });
  t.equal(model.isDirty(), false);
  model.upsert(zoned('', ['10.244.1.0/24']));
  t.equal(model.isDirty(), true);
  const second = model.takeSnapshot();
  t.equal(model.isDirty(), false);
  t.equal(second.snapshot, first.snapshot, 'the snapshot is the same');
  t.same(second.node.podCIDRs, { IPv4: ['10.244.1.0/24'], IPv6: [] });
  model.upsert({ ...zoned('', ['10.244.1.0/24']), status: { addresses: [] } });
  t.equal(model.isDirty(), false);
  model.upsert(zoned('c'));
  model.upsert(zoned('', ['10.244.1.0/24']));
  t.equal(model.isDirty(), false, 'there and back again is no change');
  t.equal(model.takeSnapshot().node, second.node);
});

t.test('wrong podCIDRs are a problem of the Node', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(zoned('', ['10.244.1.0/24', '10.244']));
  const { snapshot, node } = model.takeSnapshot();
  t.same(node.podCIDRs.IPv4, ['10.244.1.0/24']);
  t.same(snapshot.problems, [
    { object: 'Node node-1', field: 'spec.podCIDRs[1]', message: '"10.244" is not a range of addresses' },
  ]);
});

t.test('a changed policy chooses the endpoints anew, without any event of theirs', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const endpoints = ['node-1', 'node-2'].map((nodeName, index) => ({
    addresses: [`10.0.0.${index + 1}`],
    nodeName,
  }));
  model.upsert(slice('web', [], { endpoints }));
  const usable = (internalTrafficPolicy: 'Cluster' | 'Local') => {
    model.upsert(service('web', '10.96.0.1', { spec: { internalTrafficPolicy } }));
    const { Cluster = [], Local = [] } =
      model.takeSnapshot().snapshot.endpoints.get('default/web/TCP/IPv4') ?? {};
    return [Cluster, Local].map((list) => list.map(({ ip }) => ip).join(' '));
  };
  t.same(usable('Cluster'), ['10.0.0.1 10.0.0.2', '']);
  t.same(usable('Local'), ['', '10.0.0.1']);
  t.same(usable('Cluster'), ['10.0.0.1 10.0.0.2', '']);
});
