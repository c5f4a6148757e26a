// Endpoints keep their slots while they are known, and slots are used again.
import t from 'tap';
import { PickSlots } from '../../../lib/dataplane/native/pick-slots.js';
import type { SharedEndpoint } from '../../../lib/dataplane/native/prepared-endpoints.js';

/** Slots and a thread that counts. */
function counting() {
  let nextId = 0;
  const slots = new PickSlots(() => nextId++);
  const segments: Float64Array[] = [];
  const addresses = (ports: readonly number[]) => ports.map((port) => ({ ip: '10.0.0.1', port }));
  const update = (ports: readonly number[], resting: readonly number[] = []): readonly SharedEndpoint[] => {
    const assigned = slots.assign(addresses(ports), addresses(resting));
    for (const memory of assigned.segments) segments.push(new Float64Array(memory));
    return assigned.endpoints;
  };
  const pick = ({ segment, offset }: SharedEndpoint): void => {
    const memory = segments[segment];
    if (memory === undefined) throw new Error(`segment ${segment} was not handed out`);
    memory[offset] = (memory[offset] ?? 0) + 1;
  };
  return { update, pick, read: () => Object.fromEntries(slots.read()), segments, slots };
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
  const { update, pick, read, segments } = counting();
  for (let round = 0; round < 5000; round++) {
    const [first, second] = update([2 * round + 1, 2 * round + 2]);
    if (first) pick(first);
    if (second) pick(second);
  }
  const picks = read();
  t.ok(Object.keys(picks).length <= 1024 + 4);
  t.ok(Object.values(picks).every((number) => number === 1));
  const slots = segments.reduce((sum, { length }) => sum + length, 0);
  t.ok(slots < 1100, `${slots} slots`);
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
