// The listeners that are held: which port each gets, who takes whose place, and that one that can't be opened harms no
// other.
import t from 'tap';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { type DataPlane, ListenError } from '../../lib/proxier/data-plane.js';
import { feedOf } from '../../lib/proxier/feeds.js';
import type { OpenRequest } from '../../lib/proxier/listener-opener.js';
import { ListenerSet } from '../../lib/proxier/listener-set.js';
import { portAllocator } from '../../lib/proxier/port-allocator.js';
import type { ListenerRole } from '../../lib/proxier/roles.js';
import { fakeWorld } from '../support/fake-edges.js';
import { usableOf } from '../support/held.js';
import { type ServicePortWish, servicePort } from '../support/service-port.js';

function request(
  name: string,
  preferredPort?: number,
  role: ListenerRole = 'Cluster',
  wish: ServicePortWish = {},
): OpenRequest {
  const one = servicePort({ ...wish, name: { name } });
  const feed = feedOf(role, one, noEndpoints, noAddresses);
  if (feed === undefined) throw new Error(`no ${role} listener of ${name} is wanted`);
  return { servicePort: one, role, feed, preferredPort };
}

const noAddresses: readonly string[] = [];

const portOf = (set: ListenerSet, name: string, role: ListenerRole = 'Cluster') =>
  set.held.get(`default/${name}/TCP/IPv4`)?.[role]?.listener.port;

t.test(
  'a port of the range that somebody else holds is passed over, and tried again with the next pass',
  async (t) => {
    const world = fakeWorld();
    world.busyPorts.add(7000).add(7001);
    const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7002 }));
    t.same(await set.open([request('a')]), []);
    t.equal(portOf(set, 'a'), 7002);
    const [failure] = await set.open([request('b')]);
    t.match(failure?.error, { reason: 'port-in-use' });
    world.busyPorts.delete(7001);
    t.same(await set.open([request('b')]), []);
    t.equal(portOf(set, 'b'), 7001);
  },
);

t.test('a closed listener gives its port back', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7000 }));
  await set.open([request('a')]);
  await set.close([...set.all()]);
  t.equal(set.held.size, 0);
  t.equal(set.onPort('TCP/IPv4', 7000), undefined);
  t.same(await set.open([request('b')]), []);
  t.same(
    [...set.all()].map(({ listener }) => listener.port),
    [7000],
  );
});

t.test("what else goes wrong is that listener's failure, and books no port", async (t) => {
  const world = fakeWorld();
  const failing: DataPlane = {
    ...world.options.dataPlane,
    async open(spec, listenerConfig, port) {
      if (spec.servicePortName.name === 'full') throw new ListenError('no-descriptors', 'no descriptor left');
      if (spec.servicePortName.name === 'odd') throw new Error('odd');
      return world.options.dataPlane.open(spec, listenerConfig, port);
    },
  };
  const set = new ListenerSet(failing, portAllocator({ first: 7000, last: 7002 }));
  const failures = await set.open([request('full'), request('odd'), request('fine')]);
  t.same(
    failures.map(({ servicePort: { name }, error }) => [name.name, error.reason]),
    [
      ['full', 'no-descriptors'],
      ['odd', 'other'],
    ],
  );
  t.same(await set.open([request('second'), request('third')]), [], 'three ports, three listeners');
  t.equal(set.held.size, 3);
});

t.test('update touches a listener only where something changed', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator(undefined));
  const web = { nodePort: 30_080, externalPolicy: 'Local' } as const;
  const roles = ['Cluster', 'Local', 'nodePort'] as const;
  await set.open(roles.map((role) => request('a', role === 'nodePort' ? 30_080 : undefined, role, web)));
  world.tell();
  const one = servicePort({ ...web, name: { name: 'a' } });
  set.update(one, noEndpoints, noAddresses);
  t.same(world.tell(), []);
  const far = { ...noEndpoints, Cluster: usableOf(['10.244.1.1']).Cluster, hasAny: true };
  set.update(one, far, noAddresses);
  t.same(world.tell(), ['update a 10.244.1.1'], 'those of this node are the same');
  t.same(
    roles.map((role) => set.held.get(one.key)?.[role]?.feed.disposition),
    ['serve', 'drop', 'drop'],
  );
  set.update(one, usableOf(['10.244.0.1'], ['10.244.0.1']), noAddresses);
  t.same([...world.tell()].sort(), [
    'update a 10.244.0.1',
    'update a Local 10.244.0.1',
    'update a claim 10.244.0.1',
  ]);
});

t.test('a reserved port goes to nobody, preferred or not', async (t) => {
  const world = fakeWorld();
  const reserved = new Map([['TCP/IPv4', new Set([7000])]] as const);
  const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7001 }));
  t.same(await set.open([request('a', 7000)], reserved), []);
  t.equal(portOf(set, 'a'), 7001);
  t.match(await set.open([request('b')], reserved), [{ error: { reason: 'port-in-use' } }]);
  t.same(await set.open([request('b')]), []);
  t.equal(portOf(set, 'b'), 7000);
});

t.test('nor where the kernel picks it', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator(undefined));
  t.same(await set.open([request('a')], new Map([['TCP/IPv4', new Set([40_000])]])), []);
  t.not(portOf(set, 'a'), 40_000);
  t.equal(world.busyPorts.has(40_000), false, 'what was open for a moment is closed');
});

t.test(
  'a claim gets its nodePort, reserved as it is, before anybody else gets any; or nothing',
  async (t) => {
    const world = fakeWorld();
    const reserved = new Map([['TCP/IPv4', new Set([7000])]] as const);
    const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7002 }));
    const claim = (name: string, port: number) => request(name, port, 'nodePort', { nodePort: port });
    t.same(await set.open([request('a'), claim('a', 7000)], reserved), []);
    t.same(world.tell(), ['open a claim 7000', 'open a 7001']);
    t.equal(set.onPort('TCP/IPv4', 7000)?.role, 'nodePort');
    world.busyPorts.add(7002);
    t.match(await set.open([claim('b', 7002)]), [{ role: 'nodePort', error: { reason: 'port-in-use' } }]);
    t.equal(portOf(set, 'b', 'nodePort'), undefined, 'no other port will do');
  },
);

t.test('one that takes the place of another is open before that one closes', async (t) => {
  const world = fakeWorld();
  const keys: string[] = [];
  const plane: DataPlane = {
    ...world.options.dataPlane,
    async open(spec, config, port) {
      keys.push(spec.key);
      return world.options.dataPlane.open(spec, config, port);
    },
  };
  const set = new ListenerSet(plane, portAllocator({ first: 7000, last: 7002 }));
  await set.open([request('a')]);
  await set.open([request('a')]);
  t.equal(portOf(set, 'a'), 7001);
  t.same(keys, ['default/a/TCP/IPv4', 'default/a/TCP/IPv4 2'], 'keys of open listeners differ');
  t.same(
    [...set.all()].map(({ listener }) => listener.port),
    [7001, 7000],
  );
  world.tell();
  set.update(servicePort({ name: { name: 'a' } }), usableOf(['10.244.0.1']), []);
  t.equal(world.tell().length, 2, 'rules may still lead to the first');
  await set.close([...set.replaced]);
  t.same(world.tell(), ['close a 7000']);
  t.equal(portOf(set, 'a'), 7001);
  await set.open([request('a')]);
  t.equal(keys.at(-1), 'default/a/TCP/IPv4', 'free again');
});

t.test('each is closed, though another one can not be', async (t) => {
  const world = fakeWorld();
  const plane: DataPlane = {
    ...world.options.dataPlane,
    async open(spec, config, port) {
      const listener = await world.options.dataPlane.open(spec, config, port);
      if (spec.servicePortName.name !== 'stuck') return listener;
      return { ...listener, close: () => Promise.reject(new Error('stuck')) };
    },
  };
  const set = new ListenerSet(plane, portAllocator(undefined));
  await set.open([request('stuck'), request('fine')]);
  await t.rejects(set.close([...set.all()]), { message: 'closing 1 listeners failed' });
  t.same([...set.all()], []);
  t.match(world.tell().at(-1), /^close fine/);
});
