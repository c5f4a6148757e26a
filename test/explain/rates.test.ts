// What happened between two looks.
import t from 'tap';
import { serviceRates } from '../../lib/explain/rates.js';
import { serviceRow as row } from '../support/service-row.js';

t.test('a second has what was counted in it', async (t) => {
  const [web] = serviceRates(
    [row('a/web', { opened: 10, rxBytes: 100 })],
    [row('a/web', { opened: 20, rxBytes: 400 })],
    2000,
  );
  t.match(web, { opened: 5, rxBytes: 150, txBytes: 0 });
});

t.test('the busiest comes first', async (t) => {
  const after = [
    row('a/quiet'),
    row('a/open', { open: 3 }),
    row('a/new', { opened: 1 }),
    row('a/busy', { txBytes: 9 }),
  ];
  const names = serviceRates([], after, 1000).map(({ name }) => name);
  t.same(names, ['a/busy', 'a/new', 'a/open', 'a/quiet']);
});

t.test('a listener that was opened anew counts from 0, never below', async (t) => {
  const [web] = serviceRates([row('a/web', { opened: 50 })], [row('a/web', { opened: 2 })], 1000);
  t.equal(web?.opened, 0);
});
