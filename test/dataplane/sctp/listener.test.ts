// What an SCTP listener's handle tells the relay, and when.
import t from 'tap';
import { PickPlaces } from '../../../lib/dataplane/native/pick-places.js';
import { SctpListener } from '../../../lib/dataplane/sctp/listener.js';
import type { ToRelay } from '../../../lib/dataplane/sctp/messages.js';
import { fakeClock } from '../../support/fake-clock.js';
import { configOf, specOf } from '../conformance/plane.js';

const [one, two] = [
  { ip: '10.0.0.1', port: 7 },
  { ip: '10.0.0.2', port: 7 },
];
const drain = { kind: 'reset', afterMs: 1000 } as const;

function opened(picks = new PickPlaces(() => {})) {
  const posted: ToRelay[] = [];
  const clock = fakeClock();
  const endpoints = [one, two];
  const listener = new SctpListener(
    { spec: specOf('SCTP'), port: 10_000, id: 3 },
    configOf(endpoints, [], { drain }),
    {
      clock,
      picks,
      post: (message) => posted.push(message),
      settle: () => {},
      close: async () => {},
    },
  );
  return { listener, posted, clock, endpoints, first: listener.firstEndpoints() };
}

t.test('the relay is told of endpoints and affinity, and only of what is new', async (t) => {
  const { listener, posted, endpoints, first } = opened();
  t.match(first, { endpoints, resting: [] });
  listener.update(configOf(endpoints, ['10.0.0.9']));
  t.same(posted, [], 'neither reply addresses nor policies');
  listener.update(configOf(endpoints, [], { affinityTimeoutMs: 5000 }));
  listener.update(configOf([one], [], { resting: [two] }));
  t.match(posted, [
    { kind: 'endpoints', id: 3, endpoints, affinityTimeoutMs: 5000 },
    { kind: 'endpoints', id: 3, endpoints: [one], resting: [two] },
  ]);
  t.notOk(posted.some((message) => message.kind === 'cut-endpoints'));
  await listener.close();
  listener.update(configOf([]));
  t.equal(posted.length, 2, 'closed');
});

t.test('endpoints that have left are cut when it is time, also after the listener was closed', async (t) => {
  const { listener, posted, clock } = opened();
  listener.update(configOf([one], [], { drain }));
  t.ok(listener.isDraining);
  await listener.close();
  await clock.advance(999);
  t.equal(posted.length, 1);
  await clock.advance(1);
  t.same(posted.at(-1), { kind: 'cut-endpoints', id: 3, endpoints: [two] });
  t.notOk(listener.isDraining);
});

t.test('the places for picks of a closed listener’s endpoints are another listener’s', async (t) => {
  const picks = new PickPlaces(() => {});
  const { listener } = opened(picks);
  opened(picks);
  await listener.close();
  const places = opened(picks).first.endpoints.map(({ place }) => place);
  t.same(places, [1, 0]);
});

t.test('associations are left alone once it was said so', async (t) => {
  const { listener, posted, clock } = opened();
  listener.update(configOf([], [], { drain }));
  listener.leaveAssociations();
  await clock.advance(5000);
  t.equal(posted.length, 1);
  t.equal(clock.waiting(), 0);
});
