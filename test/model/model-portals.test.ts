// The portals that each ServicePort really has, as Services come, change and go.
import t from 'tap';
import { createModel } from '../../lib/model/model.js';
import type { Snapshot } from '../../lib/model/snapshot.js';
import { service, slice } from '../support/objects.js';

/** `kind ip port` of each portal of a Service. */
function portalsOf(snapshot: Snapshot, name: string): readonly string[] | undefined {
  return snapshot.portals
    .get(`default/${name}/TCP/IPv4`)
    ?.map(({ kind, ip, port }) => [kind, ip, port].filter((part) => part !== '').join(' '));
}

t.test('a Service has the portals that it did not lose, and each comes back when it is free', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const wish = (clusterIP: string, year: number, nodePort: number, externalIPs: readonly string[]) =>
    ({
      spec: { type: 'NodePort', clusterIP, externalIPs, ports: [{ port: 80, nodePort }] },
      creationTimestamp: `${year}-01-01T00:00:00Z`,
    }) as const;
  model.upsert(service('young', '', wish('10.96.0.1', 2024, 30080, ['192.0.2.1', '192.0.2.2'])));
  const alone = model.takeSnapshot().snapshot;
  const all = [
    'clusterIP 10.96.0.1 80',
    'externalIP 192.0.2.1 80',
    'externalIP 192.0.2.2 80',
    'nodePort 30080',
  ];
  t.same(portalsOf(alone, 'young'), all);
  model.upsert(service('old', '', wish('10.96.0.2', 2020, 30080, ['192.0.2.2'])));
  const both = model.takeSnapshot().snapshot;
  t.same(portalsOf(both, 'young'), all.slice(0, 2));
  t.same(portalsOf(both, 'old'), ['clusterIP 10.96.0.2 80', 'externalIP 192.0.2.2 80', 'nodePort 30080']);
  t.same(
    both.problems.map(({ object, field }) => `${object} ${field}`),
    ['Service default/young spec.externalIPs', 'Service default/young spec.ports[].nodePort'],
  );
  t.equal(both.servicePorts.get('default/young/TCP/IPv4'), alone.servicePorts.get('default/young/TCP/IPv4'));
  model.upsert(service('old', '', wish('10.96.0.2', 2020, 30081, ['192.0.2.2'])));
  t.same(portalsOf(model.takeSnapshot().snapshot, 'young'), [...all.slice(0, 2), 'nodePort 30080']);
  model.remove({ kind: 'Service', namespace: 'default', name: 'old' });
  const last = model.takeSnapshot().snapshot;
  t.same(portalsOf(last, 'young'), all);
  t.same(last.problems, []);
  t.equal(portalsOf(last, 'old'), undefined);
});

t.test('portals keep their array through any change that does not touch them', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } as const;
  for (const name of ['web', 'db']) {
    model.upsert(
      service(name, name === 'web' ? '10.96.0.1' : '10.96.0.2', { spec: name === 'web' ? spec : {} }),
    );
  }
  const before = model.takeSnapshot().snapshot;
  model.upsert(slice('web', ['10.0.0.1']));
  t.equal(model.takeSnapshot().snapshot.portals, before.portals, 'an endpoint');
  model.upsert(service('web', '10.96.0.1', { spec: { ...spec, sessionAffinity: 'ClientIP' } }));
  const after = model.takeSnapshot().snapshot;
  t.not(after.servicePorts, before.servicePorts);
  t.equal(after.portals, before.portals, 'a setting');
  model.upsert(service('web', '10.96.0.1', { spec: { ...spec, ports: [{ port: 80, nodePort: 30081 }] } }));
  const moved = model.takeSnapshot().snapshot;
  t.equal(moved.portals.get('default/db/TCP/IPv4'), before.portals.get('default/db/TCP/IPv4'));
  t.not(moved.portals.get('default/web/TCP/IPv4'), before.portals.get('default/web/TCP/IPv4'));
});
