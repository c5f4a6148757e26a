// What may happen a million times a second is said once in ten.
import t from 'tap';
import { sparseWarn } from '../../lib/dataplane/sparse-log.js';
import { fakeClock } from '../support/fake-clock.js';
import { capturingLog } from './capturing-log.js';

t.test('the first is said at once, the next after 10 s with the number of those left out', async (t) => {
  const clock = fakeClock();
  const log = capturingLog();
  const warn = sparseWarn(log, clock);
  for (let time = 0; time < 5; time++) warn('dropped', { time });
  warn('something else', {});
  await clock.advance(9_999);
  warn('dropped', { time: 5 });
  await clock.advance(1);
  warn('dropped', { time: 6 });
  t.same(log.lines, [
    { text: 'dropped', fields: { time: 0 } },
    { text: 'something else', fields: {} },
    { text: 'dropped', fields: { time: 6, suppressed: 5 } },
  ]);
});
