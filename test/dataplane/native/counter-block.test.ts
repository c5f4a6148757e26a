// Each thread counts for itself; reading adds up.
import t from 'tap';
import {
  addUp,
  blockLength,
  count,
  countDial,
  countFailure,
  open,
  opened,
  rxBytes,
  txBytes,
} from '../../../lib/dataplane/native/counter-block.js';

t.test('the blocks of all threads make one listener', async (t) => {
  const [one, two] = [new Float64Array(blockLength), new Float64Array(blockLength)];
  count(one, opened, 3);
  count(one, open, 3);
  count(two, open, -1);
  count(one, rxBytes, 10);
  count(two, rxBytes, 2 ** 40);
  count(two, txBytes, 7);
  countFailure(one, 'dial');
  countFailure(two, 'client-reset');
  countFailure(two, 'client-reset');
  countDial(one, 0.002);
  countDial(two, 0.4);
  countDial(two, 60);
  const totals = addUp([one, two]);
  t.match(totals, { opened: 3, open: 2, rxBytes: 2 ** 40 + 10, txBytes: 7 });
  t.same(totals.failed, { dial: 1, 'client-reset': 2 });
  t.equal(totals.dialSeconds.count, 3);
  t.equal(totals.dialSeconds.sum, 60.402);
  t.same(totals.dialSeconds.buckets, [0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2], 'cumulative');
});
