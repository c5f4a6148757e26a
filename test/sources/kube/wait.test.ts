import t from 'tap';
import { createDeadline, settleWithin, wait } from '../../../lib/sources/kube/wait.js';
import { fakeClock } from '../../support/fake-clock.js';

t.test('wait ends after its time, or at once when aborted, and leaves no timer', async (t) => {
  const clock = fakeClock();
  let done = 0;
  const count = () => {
    done += 1;
  };
  void wait(clock, 100, new AbortController().signal).then(count);
  await clock.advance(99);
  t.equal(done, 0);
  await clock.advance(1);
  t.equal(done, 1);

  const controller = new AbortController();
  void wait(clock, 100, controller.signal).then(count);
  controller.abort();
  await clock.advance(0);
  t.equal(done, 2);
  t.equal(clock.waiting(), 0);
  await wait(clock, 100, controller.signal);
  await wait(clock, 0, new AbortController().signal);
});

t.test('a deadline is pushed back by each sign of life', async (t) => {
  const clock = fakeClock();
  let expired = 0;
  const deadline = createDeadline(clock, 100, () => {
    expired += 1;
  });
  deadline.push();
  await clock.advance(80);
  deadline.push();
  await clock.advance(80);
  t.equal(expired, 0);
  await clock.advance(20);
  t.equal(expired, 1);
  deadline.push();
  deadline.cancel();
  await clock.advance(200);
  t.equal(expired, 1);
});

t.test('settleWithin gives what the promise gives', async (t) => {
  const clock = fakeClock();
  const limits = { clock, signal: new AbortController().signal, timeoutMs: 100 };
  t.equal(await settleWithin(Promise.resolve(7), limits, 'x'), 7);
  await t.rejects(settleWithin(Promise.reject(new Error('no')), limits, 'x'), { message: 'no' });
  t.equal(clock.waiting(), 0);
});

t.test('settleWithin gives up after its time and when aborted', async (t) => {
  const clock = fakeClock();
  const never = new Promise<never>(() => {});
  const controller = new AbortController();
  const limits = { clock, signal: controller.signal, timeoutMs: 100 };
  const late = settleWithin(never, limits, 'waiting for credentials');
  const refused = t.rejects(late, { message: 'waiting for credentials: not done within 100 ms' });
  await clock.advance(100);
  await refused;
  const aborted = settleWithin(never, limits, 'x');
  controller.abort(new Error('closing'));
  await t.rejects(aborted, { message: 'closing' });
  await t.rejects(settleWithin(never, limits, 'x'), { message: 'closing' });
  t.equal(clock.waiting(), 0);
});
