// How many Events one object may have.
import t from 'tap';
import { createEventBudget } from '../../../lib/sources/kube/event-budget.js';
import { fakeClock } from '../../support/fake-clock.js';

t.test('25 at once for each object, and then one in five minutes', async (t) => {
  const clock = fakeClock();
  const budget = createEventBudget(clock);
  const taken = (object: string, times: number): number =>
    Array.from({ length: times }, () => budget.take(object)).filter(Boolean).length;
  t.equal(taken('Service default/web', 40), 25);
  t.equal(taken('Service default/api', 1), 1, 'another object');
  await clock.advance(299_000);
  t.equal(taken('Service default/web', 1), 0);
  await clock.advance(1_000);
  t.equal(taken('Service default/web', 3), 1);
  await clock.advance(100 * 300_000);
  t.equal(taken('Service default/web', 40), 25, 'no more than a full bucket');
});

t.test('objects that were not heard of for long are forgotten', async (t) => {
  const budget = createEventBudget(fakeClock());
  for (let i = 0; i < 25; i += 1) budget.take('first');
  t.equal(budget.take('first'), false);
  for (let i = 0; i < 4096; i += 1) budget.take(`other ${i}`);
  t.equal(budget.take('first'), true);
});
