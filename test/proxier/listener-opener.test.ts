// How one listener gets its port, and its key. Many at once: listener-set.test.ts.
import t from 'tap';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import {
  type DataPlane,
  ListenError,
  type Listener,
  type ListenerSpec,
} from '../../lib/proxier/data-plane.js';
import { feedOf } from '../../lib/proxier/feeds.js';
import { ListenerOpener, type OpenRequest } from '../../lib/proxier/listener-opener.js';
import { portAllocator } from '../../lib/proxier/port-allocator.js';
import type { ListenerRole } from '../../lib/proxier/roles.js';
import { fakeWorld } from '../support/fake-edges.js';
import { servicePort } from '../support/service-port.js';

const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });

function request(role: ListenerRole, preferredPort?: number): OpenRequest {
  const feed = feedOf(role, web, noEndpoints, []);
  if (feed === undefined) throw new Error(`no ${role} listener is wanted`);
  return { servicePort: web, role, feed, preferredPort };
}

function opener(range = { first: 7000, last: 7001 }) {
  const world = fakeWorld();
  const specs: ListenerSpec[] = [];
  const plane: DataPlane = {
    ...world.options.dataPlane,
    async open(spec, config, port) {
      specs.push(spec);
      return world.options.dataPlane.open(spec, config, port);
    },
  };
  return { world, specs, open: new ListenerOpener(plane, portAllocator(range)) };
}

function opened(outcome: Listener | ListenError): Listener {
  if (outcome instanceof ListenError) throw outcome;
  return outcome;
}

t.test('the data plane is told what each is for', async (t) => {
  const { open, specs } = opener();
  for (const role of ['Cluster', 'Local'] as const) opened(await open.open(request(role)));
  opened(await open.open(request('nodePort', 30_080)));
  const base = { servicePortName: web.name, ipFamily: 'IPv4' };
  t.same(specs, [
    { ...base, key: 'default/web/TCP/IPv4', scope: 'Cluster' },
    { ...base, key: 'default/web/TCP/IPv4 Local', scope: 'Local' },
    { ...base, key: 'default/web/TCP/IPv4 nodePort', scope: 'Local', claim: true },
  ]);
});

t.test('a key is free again when the listener is closed, or was never open', async (t) => {
  const { open, specs, world } = opener();
  world.busyPorts.add(30_080);
  t.match(await open.open(request('nodePort', 30_080)), { reason: 'port-in-use' });
  world.busyPorts.clear();
  const first = opened(await open.open(request('nodePort', 30_080)));
  t.equal(first.spec.key, 'default/web/TCP/IPv4 nodePort');
  opened(await open.open(request('nodePort', 30_081)));
  await open.close(first);
  opened(await open.open(request('nodePort', 30_082)));
  t.same(
    specs.map(({ key }) => key.replace('default/web/TCP/IPv4 ', '')),
    ['nodePort', 'nodePort', 'nodePort 2', 'nodePort'],
  );
});

t.test(
  "a port that is somebody else's is passed over in this pass, and tried again in the next",
  async (t) => {
    const { open, world } = opener();
    world.busyPorts.add(7000).add(7001);
    t.match(await open.open(request('Cluster', 7001)), {
      reason: 'port-in-use',
      message: /--proxy-port-range/,
    });
    world.busyPorts.clear();
    t.match(await open.open(request('Cluster')), { reason: 'port-in-use' });
    open.endPass();
    t.match(await open.open(request('Cluster', 7001)), { port: 7001 });
  },
);
