// Endpoints keep their slots while they are known, and slots are used again.
import t from 'tap';
import { PickSlots } from '../../../lib/dataplane/native/pick-slots.js';
import type { SharedEndpoint } from '../../../lib/dataplane/native/prepared-endpoints.js';

/** Slots and a thread that counts. */
function counting() {
  const slots = new PickSlots();
  const segments: Float64Array[] = [];
  const update = (ports: readonly number[]): readonly SharedEndpoint[] => {
    const assigned = slots.assign(ports.map((port) => ({ ip: '10.0.0.1', port })));
    for (const memory of assigned.segments) segments.push(new Float64Array(memory));
    return assigned.endpoints;
  };
  const pick = ({ segment, offset }: SharedEndpoint): void => {
    const memory = segments[segment];
    if (memory === undefined) throw new Error(`segment ${segment} was not handed out`);
    memory[offset] = (memory[offset] ?? 0) + 1;
  };
  return { update, pick, read: () => Object.fromEntries(slots.read()), segments };
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
