// Gaps in long work.
import t from 'tap';
import { createPause } from '../../lib/proxier/pause.js';

t.test('there is a gap after each slice of work, and none before', async (t) => {
  const pause = createPause(20);
  t.equal(pause(), undefined);
  let others = 0;
  setImmediate(() => {
    others += 1;
  });
  const end = performance.now() + 40;
  while (performance.now() < end);
  await pause();
  t.equal(others, 1);
});
