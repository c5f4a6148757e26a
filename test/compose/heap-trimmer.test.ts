// When the heap has grown well beyond what is in use, a collection is asked for, and once only.
import t from 'tap';
import { type Heap, startHeapTrimmer } from '../../lib/compose/heap-trimmer.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { fakeClock } from '../support/fake-clock.js';

const mebibyte = 2 ** 20;

function fakeHeap(usedMiB: number) {
  const state = { usedMiB, suggestions: 0, collected: (): void => {} };
  const heap: Heap = {
    usedBytes: () => state.usedMiB * mebibyte,
    suggestCollection: () => {
      state.suggestions += 1;
    },
    onCollected: (listener) => {
      state.collected = listener;
      return () => {
        state.collected = () => {};
      };
    },
  };
  return { state, heap };
}

t.test('a heap that keeps its size is left alone', async (t) => {
  const clock = fakeClock();
  const { state, heap } = fakeHeap(100);
  const trimmer = startHeapTrimmer(clock, heap);
  await clock.advance(60_000);
  state.usedMiB = 120;
  await clock.advance(60_000);
  t.equal(state.suggestions, 0);
  await trimmer.close();
});

t.test('one that grew is collected twice, and then measured by what that left', async (t) => {
  const clock = fakeClock();
  const { state, heap } = fakeHeap(20);
  const trimmer = startHeapTrimmer(clock, heap);
  state.collected();
  state.usedMiB = 200;
  await clock.advance(10_000);
  t.equal(state.suggestions, 1, 'not again while the first has not come');
  state.usedMiB = 190;
  state.collected();
  await clock.advance(10_000);
  t.equal(state.suggestions, 2, 'what the first one spared');
  state.usedMiB = 90;
  state.collected();
  await clock.advance(10_000);
  state.usedMiB = 120;
  await clock.advance(10_000);
  t.equal(state.suggestions, 2);
  state.usedMiB = 140;
  await clock.advance(1_000);
  t.equal(state.suggestions, 3);
  await trimmer.close();
  state.collected();
  state.usedMiB = 1000;
  await clock.advance(10_000);
  t.equal(state.suggestions, 3, 'closed');
});

/** In a function of its own: the frame of one that waits may go on holding what it no longer names. */
function makeGarbage(): number {
  return Array.from({ length: 1_000_000 }, (_, at) => ({ at, text: `${at}` })).length;
}

t.test('this version of V8 takes the hint: garbage that has grown old goes', async (t) => {
  const trimmer = startHeapTrimmer(systemClock);
  t.equal(makeGarbage(), 1_000_000);
  const before = process.memoryUsage().heapUsed;
  const deadline = performance.now() + 20_000;
  const isFreed = () => process.memoryUsage().heapUsed < before - 30 * mebibyte;
  while (!isFreed() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(isFreed());
  await trimmer.close();
});
