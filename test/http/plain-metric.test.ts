// Metrics that are read at scrape time.
import { Registry } from 'prom-client';
import t from 'tap';
import { registerPlainMetric } from '../../lib/http/plain-metric.js';
import { parseExposition } from './exposition.js';

t.test('each scrape shows the value of that moment', async (t) => {
  const registry = new Registry();
  let value = 3;
  registerPlainMetric(registry, { name: 'things_total', help: 'Things', type: 'counter', read: () => value });
  t.equal(parseExposition(await registry.metrics()).value('things_total'), 3);
  value = 5;
  t.equal(parseExposition(await registry.metrics()).value('things_total'), 5);
});

t.test('a gauge without a value shows none, and a label set that is gone is gone', async (t) => {
  const registry = new Registry();
  let tables: readonly string[] = ['nat', 'filter'];
  registerPlainMetric(registry, { name: 'last_seconds', help: 'Last', type: 'gauge', read: () => undefined });
  registerPlainMetric(registry, {
    name: 'rules',
    help: 'Rules',
    type: 'gauge',
    labelNames: ['table'],
    read: () => tables.map((table) => ({ labels: { table }, value: 1 })),
  });
  t.equal(parseExposition(await registry.metrics()).samples.get('rules')?.length, 2);
  tables = ['nat'];
  const shown = parseExposition(await registry.metrics());
  t.strictSame(shown.samples.get('rules'), [{ labels: { table: 'nat' }, value: 1 }]);
  t.equal(shown.value('last_seconds'), undefined);
});
