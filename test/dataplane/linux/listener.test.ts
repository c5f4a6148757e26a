// What a listener's handle tells its thread, and what it does not bother it with.
import t from 'tap';
import { LinuxListener } from '../../../lib/dataplane/linux/listener.js';
import type { ToThread } from '../../../lib/dataplane/linux/messages.js';
import { blockLength, count, opened } from '../../../lib/dataplane/native/counter-block.js';
import { PickPlaces } from '../../../lib/dataplane/native/pick-places.js';
import { fakeClock } from '../../support/fake-clock.js';
import { configOf, specOf } from '../conformance/plane.js';

function listener(protocol: 'TCP' | 'UDP' = 'UDP', picks = new PickPlaces(() => {})) {
  const posted: ToThread[] = [];
  const cut: number[] = [];
  const clock = fakeClock();
  let nextId = 1;
  const block = new Float64Array(blockLength);
  const endpoints = [{ ip: '10.0.0.1', port: 80 }];
  const handle = new LinuxListener(
    { spec: specOf(protocol), port: 4000, id: 7, place: { place: 0, blocks: [block] }, thread: 1 },
    configOf(endpoints, ['10.0.0.5', '10.0.0.6']),
    {
      clock,
      picks,
      nextEndpointId: () => nextId++,
      post: (_thread, message) => posted.push(message),
      settle: () => {},
      cutEndpoints: (ids) => cut.push(...ids),
      close: async () => {},
    },
  );
  handle.firstEndpoints();
  return { handle, posted, block, endpoints, cut, clock };
}

t.test('the same endpoints and addresses again are no news', async (t) => {
  const { handle, posted, endpoints } = listener();
  handle.update(configOf(endpoints, ['10.0.0.6', '10.0.0.5']));
  t.same(posted, []);
});

t.test('a new endpoint has an id and a place of its own for its picks', async (t) => {
  const { handle, posted } = listener();
  handle.update(configOf([{ ip: '10.0.0.2', port: 80 }], ['10.0.0.6', '10.0.0.7']));
  t.same(posted, [
    { kind: 'endpoints', id: 7, endpoints: [{ ip: '10.0.0.2', port: 80, id: 2, place: 1 }], resting: [] },
    { kind: 'forget-locals', id: 7, addresses: ['10.0.0.5'] },
  ]);
});

t.test('a frozen listener keeps its counters, whoever counts at its place then', async (t) => {
  const { handle, block } = listener();
  count(block, opened, 3);
  handle.freeze();
  count(block, opened, 100);
  t.equal(handle.counters().opened, 3);
});

t.test('the place for an endpoint’s picks is another listener’s once nobody counts there', async (t) => {
  const picks = new PickPlaces(() => {});
  const places = () => {
    const { handle, posted } = listener('TCP', picks);
    handle.update(configOf([{ ip: '10.0.0.2', port: 80 }], []));
    const [message] = posted;
    return { handle, place: message?.kind === 'endpoints' ? message.endpoints[0]?.place : undefined };
  };
  const first = places();
  t.same([first.place, places().place], [1, 3]);
  first.handle.freeze();
  t.equal(places().place, 0, 'its other endpoint got the one that was given back last');
});

t.test('a closed listener is told nothing', async (t) => {
  const { handle, posted } = listener();
  t.equal(handle.close(), handle.close());
  handle.update(configOf([], []));
  t.same(posted, []);
});

t.test(
  'resting endpoints and session affinity go to the thread as well, a drain policy does not',
  async (t) => {
    const { handle, posted, endpoints } = listener('TCP');
    const parts = { resting: [{ ip: '10.0.0.2', port: 80 }], affinityTimeoutMs: 1000 };
    handle.update(configOf(endpoints, [], parts));
    t.match(posted.shift(), {
      kind: 'endpoints',
      endpoints,
      resting: parts.resting,
      affinityTimeoutMs: 1000,
    });
    posted.length = 0;
    handle.update(configOf(endpoints, [], { ...parts, drain: { kind: 'reset', afterMs: 5 } }));
    t.same(posted, []);
  },
);

t.test(
  'connections of an endpoint that left are cut when its time has come, by the id they know',
  async (t) => {
    const { handle, posted, endpoints, cut, clock } = listener('TCP');
    const drain = { kind: 'reset', afterMs: 1000 } as const;
    handle.update(configOf([], [], { drain }));
    await clock.advance(999);
    t.same(cut, []);
    await clock.advance(1);
    t.same(cut, [1]);
    handle.update(configOf(endpoints, [], { drain }));
    const last = posted.at(-1);
    t.match(last, { kind: 'endpoints', endpoints: [{ id: 2 }] }, 'what it has from now on is not meant');
    await handle.close();
    t.equal(clock.waiting(), 0);
  },
);

t.test('a closed listener’s time goes on, until it is told to leave its connections', async (t) => {
  for (const isToldToLeave of [false, true]) {
    const { handle, cut, clock } = listener('TCP');
    handle.update(configOf([], [], { drain: { kind: 'reset', afterMs: 1000 } }));
    await handle.close();
    if (isToldToLeave) handle.leaveConnections();
    await clock.advance(1000);
    t.same(cut, isToldToLeave ? [] : [1]);
  }
});

t.test('UDP flows are not drained: they move', async (t) => {
  const { handle, cut } = listener('UDP');
  handle.update(configOf([], [], { drain: { kind: 'reset', afterMs: 0 } }));
  t.same(cut, []);
});
