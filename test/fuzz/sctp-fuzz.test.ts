// The short run of the fuzzer; `npm run fuzz:sctp` is the long one.
import t from 'tap';
import { fuzzSctp } from './sctp-fuzz.js';

t.test('50,000 mutated packets do no harm', async (t) => {
  const { faults, slowestMs, disturbed, totals } = fuzzSctp({ seed: 20_260_101, packets: 50_000 });
  t.same(faults, []);
  t.ok(slowestMs < 100, `the slowest packet took ${slowestMs} ms`);
  t.equal(disturbed, 0);
  t.ok(
    totals.malformed > 1000 &&
      totals.wrongTag > 1000 &&
      totals.outOfTheBlue > 1000 &&
      totals.badChecksum > 100,
  );
});

t.test('the same seed throws the same packets', async (t) => {
  const [one, two] = [1, 2].map(() => fuzzSctp({ seed: 5, packets: 2000 }).totals);
  t.same(one, two);
});
