// Numbers as the benchmarks' tables show them.
import t from 'tap';
import { median, ratio, round } from '../../bench/figures.js';

t.test('the median of an odd number of values is the middle one, else the mean of the two', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([10, 1, 2, 3]), 2.5);
  t.throws(() => median([]));
});

t.test('three digits that count, and no exponents', async (t) => {
  const table: readonly [value: number, shown: string][] = [
    [0, '0'],
    [0.012345, '0.0123'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [123.45, '123'],
    [1234.5, '1,235'],
    [-0.00000001, '0'],
  ];
  for (const [value, shown] of table) t.equal(round(value), shown, `${value}`);
});

t.test('there is no ratio to nothing', async (t) => {
  t.equal(ratio(3, 2), 'x 1.5');
  t.equal(ratio(3, 0), '-');
});
