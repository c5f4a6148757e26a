// Places for picks: given out in segments that threads are told of first, and used again.
import t from 'tap';
import { PickMemory, PickPlaces } from '../../../lib/dataplane/native/pick-places.js';

t.test('what a thread counts at a place is read there, in whichever segment it is', async (t) => {
  const thread = new PickMemory();
  const added: number[] = [];
  const places = new PickPlaces((segment, memory) => {
    added.push(segment);
    thread.add(segment, memory);
  });
  t.same(added, [], 'no memory before it is needed');
  const given = Array.from({ length: 10_000 }, () => places.take());
  t.same(added, [0, 1, 2]);
  t.equal(new Set(given).size, given.length);
  for (const place of given) {
    const { numbers, offset } = thread.at(place);
    numbers[offset] = place + 0.5;
  }
  t.ok(given.every((place) => places.read(place) === place + 0.5));
  places.giveBack(4711);
  t.equal(places.take(), 4711);
  t.equal(places.read(4711), 4711.5, 'as it was left');
  t.same(added, [0, 1, 2]);
});

t.test('a place in memory that the thread was not told of is an error', async (t) => {
  t.throws(() => new PickMemory().at(3), /no memory for picks at place 3/);
});
