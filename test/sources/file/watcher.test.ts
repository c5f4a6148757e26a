// Wake-ups by the kernel.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../../lib/proxier/log.js';
import { createDirectoryWatcher } from '../../../lib/sources/file/watcher.js';
import { until } from './until.js';

t.test('a change in a watched directory wakes, also after the directory was replaced', async (t) => {
  const root = t.testdir({ d: {} });
  const directory = join(root, 'd');
  let events = 0;
  const watcher = createDirectoryWatcher(() => {
    events += 1;
  }, silentLog);
  t.teardown(() => watcher.close());
  await watcher.update([directory]);
  await writeFile(join(directory, 'a'), '');
  await until(() => events > 0);

  await rm(directory, { recursive: true });
  await watcher.update([directory]);
  await mkdir(directory);
  await watcher.update([directory]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  events = 0;
  await writeFile(join(directory, 'b'), '');
  await until(() => events > 0);

  watcher.close();
  events = 0;
  await writeFile(join(directory, 'c'), '');
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(events, 0);
});
