// Endpoints keep their places while they are known, and places are used again.
import t from 'tap';
import { PickMemory, PickPlaces } from '../../../lib/dataplane/native/pick-places.js';
import { PickSlots } from '../../../lib/dataplane/native/pick-slots.js';
import type { SharedEndpoint } from '../../../lib/dataplane/native/prepared-endpoints.js';

/** Places as all listeners have them, and a thread that counts there. */
function memory() {
  const picks = new PickMemory();
  const taken = new Set<number>();
  const pick = ({ place }: SharedEndpoint): void => {
    taken.add(place);
    const { numbers, offset } = picks.at(place);
    numbers[offset] = (numbers[offset] ?? 0) + 1;
  };
  return { places: new PickPlaces((segment, shared) => picks.add(segment, shared)), pick, taken };
}

/** A listener's slots. */
function counting({ places, pick, taken } = memory()) {
  let nextId = 0;
  const slots = new PickSlots(places, () => nextId++);
  const addresses = (ports: readonly number[]) => ports.map((port) => ({ ip: '10.0.0.1', port }));
  const update = (ports: readonly number[], resting: readonly number[] = []): readonly SharedEndpoint[] =>
    slots.assign(addresses(ports), addresses(resting));
  return { update, pick, read: () => Object.fromEntries(slots.read()), taken, slots };
}

t.test('picks are read by endpoint; one that left and comes back goes on', async (t) => {
  const { update, pick, read } = counting();
  const [a, b] = update([1, 2]);
  if (a === undefined || b === undefined) throw new Error('no endpoints');
  pick(a);
  pick(a);
  pick(b);
  t.same(read(), { '10.0.0.1:1': 2, '10.0.0.1:2': 1 });
  const [again] = update([2, 3]);
  if (again) pick(again);
  t.same(read(), { '10.0.0.1:1': 2, '10.0.0.1:2': 2 });
  const [back] = update([1]);
  if (back) pick(back);
  t.same(read(), { '10.0.0.1:1': 3, '10.0.0.1:2': 2 });
});

t.test('endpoints that come and go for months take no more memory, and start at zero', async (t) => {
  const { update, pick, read, taken } = counting();
  for (let round = 0; round < 5000; round++) {
    const [first, second] = update([2 * round + 1, 2 * round + 2]);
    if (first) pick(first);
    if (second) pick(second);
  }
  const picks = read();
  t.ok(Object.keys(picks).length <= 1024 + 4);
  t.ok(Object.values(picks).every((number) => number === 1));
  t.ok(taken.size < 1100, `${taken.size} places`);
});

t.test('an endpoint that leaves and comes back has its id, unless its connections were cut', async (t) => {
  const { update, slots } = counting();
  const idOf = (port: number) => slots.idOf({ ip: '10.0.0.1', port });
  t.equal(idOf(1), undefined);
  const [first, second] = update([1, 2]).map(({ id }) => id);
  t.not(first, second);
  update([2]);
  t.equal(idOf(1), first, 'it has left, and its connections know it by that');
  t.equal(update([1])[0]?.id, first);
  update([2]);
  slots.renumber({ ip: '10.0.0.1', port: 1 });
  slots.renumber({ ip: '10.0.0.1', port: 9 });
  const [anew] = update([1, 2]).map(({ id }) => id);
  t.notOk([first, second].includes(anew));
  t.equal(idOf(2), second);
});

t.test('however many rest, each keeps its picks and its id', async (t) => {
  const { update, pick, read, slots } = counting();
  const ports = Array.from({ length: 3000 }, (_, index) => index + 1);
  const ids = update(ports).map((endpoint) => {
    pick(endpoint);
    return endpoint.id;
  });
  update([9001], ports);
  t.equal(slots.idOf({ ip: '10.0.0.1', port: 1 }), ids[0]);
  t.equal(Object.keys(read()).length, 3000);
  t.same(
    update(ports, [9001]).map(({ id }) => id),
    ids,
    'they are back',
  );
});

t.test('those that leave together keep their places until their thread was told, however many', async (t) => {
  const { update, slots } = counting();
  const ports = Array.from({ length: 3000 }, (_, index) => index + 1);
  const before = update(ports);
  const others = update(ports.map((port) => port + 10_000));
  const places = new Set(before.map(({ place }) => place));
  t.notOk(others.some(({ place }) => places.has(place)));
  t.same(update(ports), before, 'and who comes back with the next message has its id');
  update([]);
  update([1]);
  t.equal(slots.idOf({ ip: '10.0.0.1', port: 1 }), before[0]?.id);
  t.equal(slots.idOf({ ip: '10.0.0.1', port: 2 }), undefined, 'forgotten by now');
  t.equal(slots.idOf({ ip: '10.0.0.1', port: 3000 }), before[2999]?.id);
});

t.test(
  'what another listener gets of a frozen one’s places starts at zero, and the frozen one keeps its picks',
  async (t) => {
    const shared = memory();
    const gone = counting(shared);
    const before = gone.update([1, 2, 3]);
    for (const endpoint of before) shared.pick(endpoint);
    gone.update([1, 2], [3]);
    gone.slots.freeze();
    gone.slots.freeze();
    t.equal(gone.slots.idOf({ ip: '10.0.0.1', port: 1 }), undefined);
    gone.slots.renumber({ ip: '10.0.0.1', port: 1 });
    const next = counting(shared);
    const after = next.update([4, 5, 6, 7]);
    t.equal(new Set(after.map(({ place }) => place)).size, 4, 'each place is given once');
    t.equal(shared.taken.size, 3);
    t.equal(after.filter(({ place }) => shared.taken.has(place)).length, 3, 'they are used again');
    t.same(next.read(), {});
    for (const endpoint of after) shared.pick(endpoint);
    t.same(next.read(), { '10.0.0.1:4': 1, '10.0.0.1:5': 1, '10.0.0.1:6': 1, '10.0.0.1:7': 1 });
    t.same(gone.read(), { '10.0.0.1:1': 1, '10.0.0.1:2': 1, '10.0.0.1:3': 1 });
  },
);
