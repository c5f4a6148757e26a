// Waiting for connections to end, and cutting what does not.
import t from 'tap';
import { ConnectionSet } from '../../../lib/dataplane/node/connection-set.js';
import { fakeClock } from '../../support/fake-clock.js';

t.test('nothing open: nothing to wait for', async (t) => {
  const clock = fakeClock();
  await new ConnectionSet().drain(1000, clock);
  t.equal(clock.waiting(), 0);
});

t.test('what ends in time is not cut, what does not is', async (t) => {
  const clock = fakeClock();
  const set = new ConnectionSet();
  const cut: string[] = [];
  const connection = (name: string) => ({
    fail(reason: string) {
      cut.push(`${name} ${reason}`);
      set.delete(this);
    },
  });
  const [quick, slow] = [connection('quick'), connection('slow')];
  set.add(quick);
  set.add(slow);
  const drained = set.drain(1000, clock);
  await clock.advance(500);
  set.delete(quick);
  await clock.advance(499);
  t.same(cut, []);
  await clock.advance(1);
  await drained;
  t.same(cut, ['slow shutdown']);
  t.equal(clock.waiting(), 0);
});
