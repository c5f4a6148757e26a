// The stand-ins: they take what they are given and report success; programs that read are not stood in for.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { writeStandIns } from '../../lib/demo/withheld-rules.js';
import { systemExec } from '../../lib/proxier/exec.js';

t.test('every restore program has a stand-in, and nothing else', async (t) => {
  const directory = join(t.testdir(), 'bin');
  await writeStandIns(directory);
  t.same((await readdir(directory)).sort(), [
    'ip6tables-legacy-restore',
    'ip6tables-nft-restore',
    'ip6tables-restore',
    'iptables-legacy-restore',
    'iptables-nft-restore',
    'iptables-restore',
  ]);
  const result = await systemExec(join(directory, 'iptables-nft-restore'), ['--noflush'], {
    input: '*nat\nCOMMIT\n'.repeat(10_000),
  });
  t.same(result, { status: 0, stdout: '', stderr: '' });
});
