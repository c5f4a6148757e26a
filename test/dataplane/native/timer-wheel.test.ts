// Timers fire in order, never early, and at most a tick late; time is the test's.
import t from 'tap';
import { Timer, TimerWheel } from '../../../lib/dataplane/native/timer-wheel.js';

/** A wheel and timers that write down when they fire. */
function recorded(startMs = 1000) {
  const wheel = new TimerWheel(startMs);
  const fired: string[] = [];
  let nowMs = startMs;
  const timer = (name: string, then: () => void = () => {}): Timer =>
    new Timer({
      expired: () => {
        fired.push(`${name} ${nowMs}`);
        then();
      },
    });
  const advance = (toMs: number): void => {
    nowMs = toMs;
    wheel.advance(toMs);
  };
  return { wheel, fired, timer, advance, now: () => nowMs };
}

t.test('a timer fires within a tick after its time, and once', async (t) => {
  const { wheel, fired, timer, advance } = recorded();
  wheel.set(timer('a'), 100, 1000);
  for (let ms = 1001; ms <= 1300; ms++) advance(ms);
  const at = Number(fired[0]?.slice(2));
  t.ok(at >= 1100 && at <= 1108, `at ${at}`);
  t.equal(fired.length, 1);
  t.equal(wheel.waitMs(1300), -1);
});

t.test('no timer fires early, however long its delay; waiting as told meets each', async (t) => {
  for (const startMs of [0, 5, 1000, 123_456.7]) {
    const { wheel, fired, timer, advance } = recorded(startMs);
    const delays = [1, 8, 9, 250, 1000, 5000, 8191, 8192, 8200, 60_000, 3_600_000];
    for (const delayMs of delays) wheel.set(timer(String(delayMs)), delayMs, startMs);
    let nowMs = startMs;
    for (let turns = 0; turns < 5000; turns++) {
      const waitMs = wheel.waitMs(nowMs);
      if (waitMs < 0) break;
      nowMs += waitMs;
      advance(nowMs);
    }
    t.equal(fired.length, delays.length);
    for (const line of fired) {
      const [delay = 0, at = 0] = line.split(' ').map(Number);
      const lateMs = at - startMs - delay;
      t.ok(lateMs >= 0 && lateMs <= 10, `${delay} is ${lateMs} ms late`);
    }
  }
});

t.test('a cancelled timer does not fire, one set again fires at its new time', async (t) => {
  const { wheel, fired, timer, advance } = recorded();
  const [a, b, c] = [timer('a'), timer('b'), timer('c')];
  for (const one of [a, b, c]) wheel.set(one, 50, 1000);
  wheel.cancel(b);
  wheel.cancel(b);
  wheel.set(c, 200, 1000);
  advance(1100);
  t.same(fired, ['a 1100']);
  advance(1210);
  t.same(fired, ['a 1100', 'c 1210']);
  t.equal(wheel.waitMs(1210), -1);
});

t.test('after a long sleep everything that is due fires at once', async (t) => {
  const { wheel, fired, timer, advance } = recorded();
  for (const delayMs of [10, 500, 9000, 20_000, 90_000]) wheel.set(timer(String(delayMs)), delayMs, 1000);
  advance(31_000);
  t.same(fired.map((line) => line.split(' ')[0]).toSorted(), ['10', '20000', '500', '9000']);
  advance(100_000);
  t.equal(fired.length, 5);
});

t.test('a timer may set itself and cancel others while it fires', async (t) => {
  const { wheel, fired, timer, advance, now } = recorded();
  const victim = timer('victim');
  let left = 3;
  const again = timer('again', () => {
    wheel.cancel(victim);
    if (--left > 0) wheel.set(again, 16, now());
  });
  wheel.set(victim, 40, 1000);
  wheel.set(again, 40, 1000);
  // Whichever of the two is first in their slot, the other one is not called after it was cancelled.
  for (let ms = 1001; ms < 1200; ms++) advance(ms);
  t.equal(fired.filter((line) => line.startsWith('again')).length, 3);
});

t.test('a timer whose owner throws is reported, its owner ends, and the others fire', async (t) => {
  const faults: unknown[] = [];
  const wheel = new TimerWheel(0, (error) => faults.push(error));
  const error = new Error('an error of ours');
  const calls: string[] = [];
  const faulty = {
    expired: () => {
      throw error;
    },
    fail: (reason: string) => calls.push(reason),
  };
  wheel.set(new Timer({ expired: () => calls.push('fired') }), 10, 0);
  wheel.set(new Timer(faulty), 10, 0);
  wheel.advance(100);
  t.same(faults, [error]);
  t.same(calls.toSorted(), ['fault', 'fired']);
  t.equal(wheel.waitMs(100), -1);
  const bare = new TimerWheel(0);
  bare.set(new Timer(faulty), 10, 0);
  t.throws(() => bare.advance(100), error, 'without anybody to tell, the caller is told');
});
