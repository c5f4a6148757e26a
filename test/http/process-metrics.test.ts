// Metrics of the process: which are there, and what counting descriptors costs the event loop.
import { openSync } from 'node:fs';
import { Registry } from 'prom-client';
import t from 'tap';
import { countDescriptors, registerProcessMetrics } from '../../lib/http/process-metrics.js';
import { parseExposition } from './exposition.js';

t.test('the usual ones, but for those that cost more with each connection', async (t) => {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const shown = parseExposition(await registry.metrics());
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
  ])
    t.ok(shown.value(name), name);
  t.ok((shown.value('process_open_fds') ?? 0) > 3);
  t.strictSame(
    [...shown.types].map(([name]) => name).filter((name) => name.startsWith('nodejs_active_')),
    [],
  );
});

t.test('descriptors are counted, by the folder’s size or one by one', async (t) => {
  const before = (await countDescriptors()) ?? 0;
  for (let i = 0; i < 100; i += 1) openSync('/dev/null', 'r');
  const after = (await countDescriptors()) ?? 0;
  t.ok(Math.abs(after - before - 100) < 10, `${before} and 100 are ${after}`);
  const files = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`${i}`, '']));
  t.equal(await countDescriptors(t.testdir(files)), 2500);
  t.equal(await countDescriptors('/proc/self/nothing'), undefined);
});
