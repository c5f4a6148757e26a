// Places for counters: each its own, used again, all zero when given out.
import t from 'tap';
import { CounterPlaces } from '../../../lib/dataplane/linux/counter-places.js';
import { blockOf, segmentOf } from '../../../lib/dataplane/linux/counter-segment.js';

t.test('no two places share a number, and threads find the same ones', async (t) => {
  const segments: SharedArrayBuffer[] = [];
  const places = new CounterPlaces(3, (segment, memory) => {
    segments[segment] = memory;
  });
  const taken = Array.from({ length: 600 }, () => places.take());
  t.equal(segments.length, 3);
  for (const [index, { blocks }] of taken.entries()) {
    for (const [thread, block] of blocks.entries()) block.fill(index * 3 + thread + 1);
  }
  let wrong = 0;
  for (const [index, { place }] of taken.entries()) {
    for (let thread = 0; thread < 3; thread++) {
      const memory = segments[segmentOf(place)];
      if (memory === undefined) throw new Error(`no segment for place ${place}`);
      if (!blockOf(memory, thread, place).every((number) => number === index * 3 + thread + 1)) wrong++;
    }
  }
  t.equal(wrong, 0);
});

t.test('a place that was given back is the next one, and zero', async (t) => {
  const places = new CounterPlaces(1, () => {});
  places.take();
  const first = places.take();
  first.blocks[0]?.fill(5);
  places.giveBack(first);
  const again = places.take();
  t.equal(again.place, first.place);
  t.ok(again.blocks[0]?.every((number) => number === 0));
});
