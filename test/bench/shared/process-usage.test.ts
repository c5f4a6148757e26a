// What /proc says of a process: read here of this test's own.
import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import {
  cpuSeconds,
  descriptorKinds,
  processTree,
  residentKibibytes,
  ticksIn,
} from '../../../bench/shared/process-usage.js';

t.test('ticks are user and system time, whatever the program is called', async (t) => {
  t.equal(ticksIn('12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 40 2 90 90 20 0'), 42);
});

t.test('CPU time grows with work', async (t) => {
  const before = cpuSeconds([process.pid]);
  const endMs = performance.now() + 2000;
  while (performance.now() < endMs && cpuSeconds([process.pid]) === before);
  t.ok(cpuSeconds([process.pid]) > before);
});

t.test('a process, its memory and its descriptors are found', async (t) => {
  t.equal(processTree(process.pid)[0], process.pid);
  t.ok(residentKibibytes([process.pid]) > 10_000);
  t.throws(() => residentKibibytes([0]), { code: 'ENOENT' });
  const before = descriptorKinds(process.pid);
  const fd = openSync('package.json', 'r');
  const after = descriptorKinds(process.pid);
  closeSync(fd);
  t.equal(after.file, (before.file ?? 0) + 1);
  t.ok((after['anon_inode:[eventpoll]'] ?? 0) >= 1);
});
