// Endpoints that would lead back into this proxy are taken out, by ServicePort, and said.
import t from 'tap';
import { createModel } from '../../lib/model/model.js';
import { portalsOf } from '../../lib/model/portals-of.js';
import type { HeldListener } from '../../lib/proxier/held-listener.js';
import { endpointChecker } from '../../lib/proxier/refusals.js';
import { heldListener, usableOf } from '../support/held.js';
import { service, slice } from '../support/objects.js';
import { servicePort } from '../support/service-port.js';

const noneHeld: readonly HeldListener[] = [];
const noneBlocked: ReadonlySet<string> = new Set();
const noAddresses: ReadonlySet<string> = new Set();

t.test("nothing refused: the snapshot's own map", async (t) => {
  const checker = endpointChecker();
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.244.0.1']));
  const { snapshot } = model.takeSnapshot();
  t.equal(checker.check(snapshot, noneHeld, noAddresses, noneBlocked).endpoints, snapshot.endpoints);
});

t.test(
  'its own portal is refused; the rest of the array stays the same array from pass to pass',
  async (t) => {
    const checker = endpointChecker();
    const model = createModel({ nodeName: 'node-1' });
    model.upsert(service('web', '10.96.0.1'));
    model.upsert(
      slice('web', ['10.96.0.1', '10.244.0.1'], { ports: [{ name: '', port: 80, protocol: 'TCP' }] }),
    );
    const { snapshot } = model.takeSnapshot();
    const first = checker.check(snapshot, noneHeld, noAddresses, noneBlocked);
    t.match(first.endpoints.get('default/web/TCP/IPv4'), { Cluster: [{ ip: '10.244.0.1' }] });
    t.match(first.problems, [{ subject: 'default/web/TCP/IPv4', message: /10\.96\.0\.1:80/ }]);
    const second = checker.check(snapshot, noneHeld, noAddresses, noneBlocked);
    t.equal(second.endpoints.get('default/web/TCP/IPv4'), first.endpoints.get('default/web/TCP/IPv4'));
  },
);

t.test('each scope loses it, and what is left decides between refusing and dropping', async (t) => {
  const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
  const usable = usableOf(['192.0.2.1'], ['192.0.2.1']);
  const loop = { ...usable.Cluster[0], port: 30_080 } as (typeof usable.Cluster)[number];
  const snapshot = (endpoints: typeof usable) => ({
    servicePorts: new Map([[web.key, web]]),
    portals: new Map([[web.key, portalsOf(web)]]),
    endpoints: new Map([[web.key, endpoints]]),
    problems: [],
  });
  const local = new Set(['192.0.2.1']);
  const checker = endpointChecker();
  const check = (endpoints: typeof usable, blocked = noneBlocked) =>
    checker.check(snapshot(endpoints), noneHeld, local, blocked).endpoints.get(web.key);
  t.match(check({ ...usable, Cluster: [loop], Local: [loop] }), { Cluster: [], Local: [], hasAny: false });
  const far = usableOf(['10.244.1.1']).Cluster;
  t.match(check({ ...usable, Cluster: [...far, loop], Local: [loop] }), {
    Cluster: far,
    Local: [],
    hasAny: true,
  });
  const another = { ...usable, Cluster: [loop], Local: [loop] };
  t.equal(
    check(another, new Set([web.key])),
    another,
    'where another process has the port, it is the endpoint',
  );
});

t.test('proxy ports are refused as endpoints, and claims are portals', async (t) => {
  const web = servicePort({ nodePort: 30_080 });
  const front = servicePort({ name: { name: 'front' }, clusterIP: '10.96.0.2' });
  const servicePorts = new Map([web, front].map((one) => [one.key, one]));
  const portals = new Map([web, front].map((one) => [one.key, portalsOf(one)]));
  const at = (port: number) => ({
    ...usableOf([]),
    Cluster: [{ ...usableOf(['192.0.2.1']).Cluster[0], port }],
    hasAny: true,
  });
  const held = [heldListener(web, 'Cluster', 40_000), heldListener(web, 'nodePort', 30_080)];
  const left = (port: number) => {
    const snapshot = {
      servicePorts,
      portals,
      endpoints: new Map([[front.key, at(port)]]),
      problems: [],
    } as never;
    return endpointChecker()
      .check(snapshot, held, new Set(['192.0.2.1']), noneBlocked)
      .endpoints.get(front.key)?.Cluster.length;
  };
  t.equal(left(40_000), 0);
  t.equal(left(30_080), 1, 'a Service in front of a Service');
});
