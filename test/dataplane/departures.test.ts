// When endpoints that left are cut: by the policy of now, counted from when they left, and not at all once they are back.
import t from 'tap';
import { Departures } from '../../lib/dataplane/departures.js';
import type { DrainPolicy } from '../../lib/model/drain-policy.js';
import { fakeClock } from '../support/fake-clock.js';

const [a, b, c] = [1, 2, 3].map((last) => ({ ip: `10.0.0.${last}`, port: 80 }));
type Ends = readonly ({ readonly ip: string; readonly port: number } | undefined)[];
const leave: DrainPolicy = { kind: 'leave' };
const reset = (afterMs: number): DrainPolicy => ({ kind: 'reset', afterMs });

function watched(endpoints: Ends, drain: DrainPolicy) {
  const clock = fakeClock();
  const cut: string[] = [];
  const present = (all: Ends) => all.filter((endpoint) => endpoint !== undefined);
  const configOf = (all: Ends, policy: DrainPolicy, resting: Ends) => ({
    endpoints: present(all),
    resting: present(resting),
    drain: policy,
  });
  const departures = new Departures(configOf(endpoints, drain, []), {
    clock,
    nameOf: ({ ip }) => (ip === '10.0.0.9' ? undefined : ip.slice(-1)),
    cut: (left) => cut.push(left.join('')),
  });
  const update = (all: Ends, policy: DrainPolicy, resting: Ends = []): void => {
    departures.update(configOf(all, policy, resting));
    departures.cutDue();
  };
  return { clock, cut, update, departures };
}

t.test('at once, together, each one once', async (t) => {
  const { cut, update, clock } = watched([a, b, c], reset(0));
  update([b], reset(0));
  update([b], reset(0));
  update([], reset(0));
  t.same(cut, ['13', '2']);
  t.equal(clock.waiting(), 0);
});

t.test('after the time, by itself, in the order of leaving', async (t) => {
  const { cut, update, clock, departures } = watched([a, b, c], reset(1000));
  update([b, c], reset(1000));
  await clock.advance(400);
  update([c], reset(1000));
  t.ok(departures.isWaiting);
  await clock.advance(599);
  t.same(cut, []);
  await clock.advance(1);
  t.same(cut, ['1']);
  await clock.advance(400);
  t.same(cut, ['1', '2']);
  t.notOk(departures.isWaiting);
});

t.test('one that comes back in time, or rests, has not left', async (t) => {
  const { cut, update, clock } = watched([a, b], reset(1000));
  update([b], reset(1000));
  await clock.advance(900);
  update([b], reset(1000), [a]);
  await clock.advance(5000);
  t.same(cut, [], 'back, and resting');
  update([b], reset(1000));
  await clock.advance(999);
  t.same(cut, [], 'its time begins anew');
  await clock.advance(1);
  t.same(cut, ['1']);
});

t.test('the policy of now counts, from when the endpoint left', async (t) => {
  const { cut, update, clock } = watched([a, b], leave);
  update([b], leave);
  await clock.advance(10_000);
  t.equal(clock.waiting(), 0);
  update([b], reset(11_000));
  t.equal(clock.waiting(), 1);
  update([b], leave);
  t.equal(clock.waiting(), 0, 'taken back');
  await clock.advance(5000);
  t.same(cut, []);
  update([b], reset(11_000));
  t.same(cut, ['1'], 'its time was over long ago');
});

t.test('a time longer than Node’s timers take does not fire at once', async (t) => {
  const { cut, update, clock } = watched([a], reset(2 ** 32));
  update([], reset(2 ** 32));
  await clock.advance(2 ** 31);
  t.same(cut, []);
  await clock.advance(2 ** 31);
  t.same(cut, ['1']);
});

t.test('after close() nobody is cut; who has no name never is', async (t) => {
  const { cut, update, clock, departures } = watched([a, { ip: '10.0.0.9', port: 80 }], reset(10));
  update([a], reset(10));
  t.notOk(departures.isWaiting);
  update([], reset(10));
  departures.close();
  t.equal(clock.waiting(), 0);
  await clock.advance(100);
  t.same(cut, []);
});

t.test('where nobody is to be cut only the last thousand or so are remembered', async (t) => {
  const { cut, update } = watched(
    Array.from({ length: 3000 }, (_, port) => ({ ip: '10.0.0.1', port })),
    leave,
  );
  update([], leave);
  update([], reset(0));
  t.equal(cut[0]?.length, 1024);
});
