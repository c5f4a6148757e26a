// Which port a listener gets, and that one that can't be opened harms no other.
import t from 'tap';
import { type DataPlane, ListenError } from '../../lib/proxier/data-plane.js';
import { ListenerSet } from '../../lib/proxier/listener-set.js';
import { portAllocator } from '../../lib/proxier/port-allocator.js';
import { fakeWorld } from '../support/fake-edges.js';

const config = { endpoints: [], replyAddresses: [] };

function servicePort(name: string) {
  return {
    key: `default/${name}/TCP/IPv4`,
    name: { namespace: 'default', name, port: '', protocol: 'TCP' },
    ipFamily: 'IPv4',
    clusterIP: '10.96.0.1',
    port: 80,
  } as const;
}

const request = (name: string, preferredPort?: number) => ({
  servicePort: servicePort(name),
  config,
  preferredPort,
});

t.test(
  'a port of the range that somebody else holds is passed over, and tried again with the next pass',
  async (t) => {
    const world = fakeWorld();
    world.busyPorts.add(7000).add(7001);
    const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7002 }));
    t.same(await set.open([request('a')]), []);
    t.equal(set.held.get('default/a/TCP/IPv4')?.listener.port, 7002);
    const [failure] = await set.open([request('b')]);
    t.match(failure?.error, { reason: 'port-in-use' });
    world.busyPorts.delete(7001);
    t.same(await set.open([request('b')]), []);
    t.equal(set.held.get('default/b/TCP/IPv4')?.listener.port, 7001);
  },
);

t.test('a closed listener gives its port back', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7000 }));
  await set.open([request('a')]);
  await set.close(['default/a/TCP/IPv4', 'default/unknown/TCP/IPv4']);
  t.same(await set.open([request('b')]), []);
  t.same(
    [...set.listeners()].map(({ port }) => port),
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

t.test('update touches the listener only where something changed', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator(undefined));
  await set.open([request('a', 41_000)]);
  world.tell();
  set.update(servicePort('a'), config.endpoints, config.replyAddresses);
  t.same(world.tell(), []);
  set.update(servicePort('a'), [{ ip: '10.244.0.1', port: 80 }], config.replyAddresses);
  t.same(world.tell(), ['update a 10.244.0.1']);
});

t.test('a port that is to be avoided goes to nobody in this pass, and to anybody after it', async (t) => {
  const world = fakeWorld();
  const avoided = [{ pool: 'TCP/IPv4', port: 7000 }] as const;
  const set = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7001 }));
  t.same(await set.open([request('a')], avoided), []);
  t.equal(set.held.get('default/a/TCP/IPv4')?.listener.port, 7001);
  t.match(await set.open([request('b')], avoided), [{ error: { reason: 'port-in-use' } }]);
  t.same(await set.open([request('b')]), []);
  t.equal(set.held.get('default/b/TCP/IPv4')?.listener.port, 7000);
});

t.test('nor does it where the kernel picks it', async (t) => {
  const world = fakeWorld();
  const set = new ListenerSet(world.options.dataPlane, portAllocator(undefined));
  t.same(await set.open([request('a')], [{ pool: 'TCP/IPv4', port: 40_000 }]), []);
  t.not(set.held.get('default/a/TCP/IPv4')?.listener.port, 40_000);
  t.equal(world.busyPorts.has(40_000), false, 'what was open for a moment is closed');
});
