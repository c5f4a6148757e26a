// Which part of its time a thread works.
import t from 'tap';
import { LoadMeter, loadWindowMs } from '../../../lib/dataplane/linux/load-meter.js';

t.test('the time not spent in waiting, in the last window alone', async (t) => {
  const meter = new LoadMeter(1000);
  t.notOk(meter.measure(1000 + loadWindowMs - 1, 0), 'not over yet');
  t.equal(meter.perMille, 0);
  t.ok(meter.measure(1100, 25));
  t.equal(meter.perMille, 750);
  t.ok(meter.measure(1200, 125));
  t.equal(meter.perMille, 0);
  t.ok(meter.measure(1300, 125));
  t.equal(meter.perMille, 1000);
});

t.test('less than a per cent is none', async (t) => {
  const meter = new LoadMeter(0);
  meter.measure(1000, 991);
  t.equal(meter.perMille, 0);
  meter.measure(2000, 1980);
  t.equal(Math.round(meter.perMille), 11);
});
