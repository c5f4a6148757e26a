import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { kernelPorts } from '../../../../lib/dataplane/sctp/raw/kernel-ports.js';

t.test('the ports of the kernel’s own endpoints', async (t) => {
  const path = join(t.testdir({}), 'eps');
  writeFileSync(
    path,
    ` ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
ffff88017e0a0200 ffff880175929780 2   10  29   3868      0 12345 0.0.0.0
ffff88017e0a0300 ffff880175929790 2   10  30   36412     0 12346 10.0.0.1 10.0.0.2
`,
  );
  t.same(kernelPorts(path), new Set([3868, 36_412]));
});

t.test('none where the module is not loaded', async (t) => {
  t.same(kernelPorts(join(t.testdir({}), 'absent')), new Set());
});
