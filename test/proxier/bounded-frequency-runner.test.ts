// When the runner runs: at once, not too often, not too seldom, again after a failure, never twice at once.
import t from 'tap';
import { boundedFrequencyRunner, type RunOutcome } from '../../lib/proxier/bounded-frequency-runner.js';
import { fakeClock } from '../support/fake-clock.js';

function runner(run: () => Promise<RunOutcome>) {
  const clock = fakeClock(0);
  const errors: unknown[] = [];
  const made = boundedFrequencyRunner({
    clock,
    minIntervalMs: 100,
    maxIntervalMs: 30_000,
    retryIntervalMs: 500,
    maxRetryMs: 5_000,
    run,
    onError: (error) => errors.push(error),
  });
  return { clock, errors, runner: made };
}

t.test('the first request runs at once, the next ones minIntervalMs after it', async (t) => {
  const at: number[] = [];
  const { clock, runner: r } = runner(async () => {
    at.push(clock.now());
    return 'done';
  });
  r.request();
  await clock.advance(0);
  t.same(at, [0]);
  await clock.advance(10);
  r.request();
  r.request();
  await clock.advance(1_000);
  t.same(at, [0, 100]);
  await clock.advance(30_000);
  t.same(at, [0, 100, 30_100], 'and maxIntervalMs after the last one though nobody asked');
});

t.test('a request during a run is a run of its own; two never overlap', async (t) => {
  let under = 0;
  let most = 0;
  let runs = 0;
  const { clock, runner: r } = runner(async () => {
    runs += 1;
    most = Math.max(most, ++under);
    await new Promise<void>((resolve) => clock.after(50, resolve));
    under -= 1;
    return 'done';
  });
  r.request();
  await clock.advance(20);
  r.request();
  await clock.advance(1_000);
  t.equal(runs, 2);
  t.equal(most, 1);
});

t.test('a failure is tried again, each time later, and a success ends that', async (t) => {
  const at: number[] = [];
  let failures = 3;
  const {
    clock,
    errors,
    runner: r,
  } = runner(async () => {
    at.push(clock.now());
    failures -= 1;
    if (failures === 1) throw new Error('broken');
    return failures < 0 ? 'done' : 'failed';
  });
  r.request();
  await clock.advance(10_000);
  t.same(at, [0, 500, 1_500, 3_500]);
  t.match(errors, [{ message: 'broken' }]);
});

t.test('other intervals count at once, also for the run that is planned', async (t) => {
  const at: number[] = [];
  const { clock, runner: r } = runner(async () => {
    at.push(clock.now());
    return 'done';
  });
  r.setIntervals({ minIntervalMs: 100, maxIntervalMs: 20_000 });
  await clock.advance(30_000);
  t.same(at, [], 'nobody has asked for a first run');
  r.request();
  await clock.advance(5_000);
  r.setIntervals({ minIntervalMs: 10_000, maxIntervalMs: 20_000 });
  await clock.advance(15_000);
  t.same(at, [30_000, 50_000]);
  r.request();
  await clock.advance(1_000);
  t.equal(at.length, 2, 'it is to come 10 s after the last one');
  r.setIntervals({ minIntervalMs: 100, maxIntervalMs: 20_000 });
  await clock.advance(0);
  t.same(at.slice(2), [51_000]);
  await r.close();
  r.setIntervals({ minIntervalMs: 1, maxIntervalMs: 2 });
  t.equal(clock.waiting(), 0);
});

t.test('close waits for the run under way and starts none', async (t) => {
  let ended = false;
  const { clock, runner: r } = runner(async () => {
    await new Promise<void>((resolve) => clock.after(50, resolve));
    ended = true;
    return 'done';
  });
  r.request();
  await clock.advance(10);
  r.request();
  const closed = r.close().then(() => ended);
  await clock.advance(100);
  t.equal(await closed, true);
  t.equal(clock.waiting(), 0);
});

t.test('what is left for later does not slow down the retry of what fails', async (t) => {
  const at: number[] = [];
  const outcomes: RunOutcome[] = [
    'retry-later',
    'retry-later',
    'failed',
    'failed',
    'failed',
    'failed',
    'failed',
  ];
  const { clock, runner: r } = runner(async () => {
    at.push(clock.now());
    return outcomes.shift() ?? 'done';
  });
  r.request();
  await clock.advance(40_000);
  t.same(at, [0, 5_000, 10_000, 10_500, 11_500, 13_500, 17_500, 22_500]);
});
