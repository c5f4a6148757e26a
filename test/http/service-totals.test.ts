// One series per ServicePort, whatever becomes of its listeners.
import t from 'tap';
import { createServiceTotals } from '../../lib/http/service-totals.js';
import { fakeListener, zeroCounters } from './fakes.js';

t.test('the listeners of one ServicePort add up', async (t) => {
  const buckets = zeroCounters.dialSeconds.buckets.map(() => 2);
  const counters = {
    opened: 2,
    open: 1,
    failed: { dial: 1 },
    rxBytes: 10,
    txBytes: 20,
    picks: new Map([['10.1.0.1:80', 2]]),
    dialSeconds: { count: 2, sum: 0.5, buckets },
  };
  const [totals, ...rest] = createServiceTotals().read([
    fakeListener('default/web:http', counters),
    fakeListener('default/web:http', { ...counters, failed: { dial: 1, shutdown: 4 } }, 'TCP', 'IPv6'),
  ]);
  t.strictSame(rest, []);
  t.match(totals, { opened: 4, open: 2, rxBytes: 20, txBytes: 40, dialCount: 4, dialSum: 1 });
  t.strictSame(
    [...(totals?.failed ?? [])],
    [
      ['dial', 2],
      ['shutdown', 4],
    ],
  );
  t.equal(totals?.picks.get('10.1.0.1:80'), 4);
  t.equal(totals?.dialBuckets[0], 4);
});

t.test('ports, protocols and namespaces are kept apart', async (t) => {
  const totals = createServiceTotals().read([
    fakeListener('default/dns:dns', { opened: 1 }),
    fakeListener('default/dns:dns', { opened: 2 }, 'UDP'),
    fakeListener('default/dns:metrics', { opened: 3 }),
    fakeListener('other/dns:dns', { opened: 4 }),
  ]);
  t.strictSame(
    totals.map(({ opened }) => opened),
    [1, 2, 3, 4],
  );
});

t.test('a replaced listener takes nothing away, and its connections count until they end', async (t) => {
  const services = createServiceTotals();
  const old = fakeListener('default/web', { opened: 5, open: 1, rxBytes: 100 });
  t.match(services.read([old]), [{ opened: 5, open: 1, rxBytes: 100 }]);

  const fresh = fakeListener('default/web', { opened: 1, open: 1, rxBytes: 7 });
  old.current = { ...old.current, rxBytes: 150 };
  t.match(services.read([fresh]), [{ opened: 6, open: 2, rxBytes: 157 }], 'still relaying');

  old.current = { ...old.current, rxBytes: 170, open: 0 };
  t.match(services.read([fresh]), [{ opened: 6, open: 1, rxBytes: 177 }], 'ended');
  t.match(services.read([fresh]), [{ opened: 6, open: 1, rxBytes: 177 }], 'and stays');
});

t.test('the series of a Service that is gone ends, when its last connection has', async (t) => {
  const services = createServiceTotals();
  const listener = fakeListener('default/web', { opened: 5, open: 1 });
  services.read([listener]);
  t.match(services.read([]), [{ opened: 5, open: 1 }]);
  listener.current = { ...listener.current, open: 0 };
  t.strictSame(services.read([]), []);
  t.match(
    services.read([fakeListener('default/web', { opened: 1 })]),
    [{ opened: 1 }],
    'a new one starts anew',
  );
});
