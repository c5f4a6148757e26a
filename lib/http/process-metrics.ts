// http/process-metrics.ts: prom-client's metrics of the process and its runtime, but for those that hold up the event loop
// for longer the more connections are open (50 ms at 9,000): handles and resources, which the data plane counts for less,
// are left out, and open descriptors are counted aside.
import { opendir, stat } from 'node:fs/promises';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { registerPlainMetric } from './plain-metric.js';

const openDescriptors = 'process_open_fds';
const perConnection = [
  openDescriptors,
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
] as const;

export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of perConnection) registry.removeSingleMetric(name);
  registerPlainMetric(registry, {
    name: openDescriptors,
    help: 'Number of open file descriptors.',
    type: 'gauge',
    read: countDescriptors,
  });
}

/**
 * Of this process; undefined where /proc does not tell. Since Linux 6.2 the folder's size is their number; before, they
 * are counted some at a time, and the event loop runs in between.
 * @param folder for tests
 */
export async function countDescriptors(folder = '/proc/self/fd'): Promise<number | undefined> {
  try {
    const { size } = await stat(folder);
    if (folder.startsWith('/proc/') && size > 0) return size;
    let count = 0;
    for await (const _ of await opendir(folder, { bufferSize: 1024 })) count += 1;
    return count;
  } catch {
    return undefined;
  }
}
