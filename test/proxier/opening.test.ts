// Which listeners a pass opens, and which are not needed any more.
import t from 'tap';
import { portalsOf } from '../../lib/model/portals-of.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { Claims } from '../../lib/proxier/claims.js';
import { ListenError } from '../../lib/proxier/data-plane.js';
import { ListenerSet } from '../../lib/proxier/listener-set.js';
import { goneListeners, planOpening } from '../../lib/proxier/opening.js';
import { portAllocator } from '../../lib/proxier/port-allocator.js';
import { StandingPorts } from '../../lib/proxier/standing-ports.js';
import { fakeWorld } from '../support/fake-edges.js';
import { held } from '../support/held.js';
import { servicePort } from '../support/service-port.js';

function snapshotOf(...all: readonly ServicePort[]) {
  return {
    servicePorts: new Map(all.map((one) => [one.key, one])),
    portals: new Map(all.map((one) => [one.key, portalsOf(one)])),
    endpoints: new Map(),
    problems: [],
  };
}

function opening(standing?: StandingPorts) {
  const world = fakeWorld();
  const listeners = new ListenerSet(world.options.dataPlane, portAllocator({ first: 7000, last: 7010 }));
  const claims = new Claims(world.clock, () => 30_000);
  const replyAddresses = { IPv4: [], IPv6: [] };
  const plan = (...all: readonly ServicePort[]) =>
    planOpening({
      snapshot: snapshotOf(...all),
      endpoints: new Map(),
      listeners,
      claims,
      replyAddresses,
      standing,
    });
  const wishes = (...all: readonly ServicePort[]) =>
    plan(...all).requests.map(({ servicePort: { name }, role, preferredPort }) => [
      name.name,
      role,
      preferredPort,
    ]);
  return { listeners, claims, plan, wishes };
}

const local = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
const plain = servicePort({ name: { name: 'plain' }, clusterIP: '10.96.0.2' });

t.test('what is missing, with the ports that standing rules lead to', async (t) => {
  const standing = new StandingPorts([
    {
      ipFamily: 'IPv4',
      ip: '10.96.0.1',
      port: 80,
      protocol: 'TCP',
      ways: [{ from: 'everybody', proxyPort: 7005 }],
    },
    {
      ipFamily: 'IPv4',
      ip: '10.96.0.9',
      port: 80,
      protocol: 'TCP',
      ways: [{ from: 'everybody', proxyPort: 7006 }],
    },
  ]);
  const { plan, wishes } = opening(standing);
  t.same(wishes(local, plain), [
    ['web', 'Cluster', 7005],
    ['web', 'Local', undefined],
    ['web', 'nodePort', 30_080],
    ['plain', 'Cluster', undefined],
  ]);
  t.same([...(plan(local, plain).reserved.get('TCP/IPv4') ?? [])], [30_080, 7006]);
});

t.test('nothing, when all are there', async (t) => {
  const { listeners, plan, wishes } = opening();
  await listeners.open(plan(local, plain).requests);
  t.same(wishes(local, plain), []);
  t.same(wishes(local, plain, servicePort({ name: { name: 'new' } })), [['new', 'Cluster', undefined]]);
});

t.test('a claim that failed waits; one whose port is ours waits too, and is no failure', async (t) => {
  const { listeners, claims, plan, wishes } = opening();
  claims.failed(local.key, 30_080, new ListenError('port-in-use', 'in use'));
  t.same(
    wishes(local).map(([, role]) => role),
    ['Cluster', 'Local'],
  );
  await listeners.open(plan(plain).requests);
  const wantsIt = servicePort({ nodePort: 7000 });
  const { requests, isWaiting } = plan(plain, wantsIt);
  t.equal(isWaiting, true);
  t.same(
    requests.map(({ servicePort: { name }, role }) => `${name.name} ${role}`),
    ['plain Cluster', 'web Cluster'],
    'whoever has it makes room',
  );
  t.equal(claims.blocked.size, 0);
});

t.test('what no portal needs any more', async (t) => {
  const listeners = new Map([[local.key, held(local, { Local: 7000, nodePort: 30_080 })]]);
  const isGoneNow = (...all: readonly ServicePort[]) => {
    const gone = goneListeners(listeners, snapshotOf(...all)).map(({ role }) => role);
    return [gone.includes('Local'), gone.includes('nodePort')];
  };
  t.same(isGoneNow(local), [false, false]);
  t.same(isGoneNow(), [true, true]);
  t.same(isGoneNow(servicePort({ nodePort: 30_080 })), [true, false]);
  t.same(isGoneNow(servicePort({ nodePort: 30_081, externalPolicy: 'Local' })), [false, true]);
  t.same(isGoneNow(servicePort({ internalPolicy: 'Local' })), [false, true]);
});
