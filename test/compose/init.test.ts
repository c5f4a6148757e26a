// --init-only as a process. Only what changes nothing is asked for in this machine's own namespace.
import { spawnSync } from 'node:child_process';
import t from 'tap';

const asIs = [
  '--conntrack-max-per-core=0',
  '--conntrack-tcp-timeout-established=0',
  '--conntrack-tcp-timeout-close-wait=0',
];

function initOnly(...args: readonly string[]) {
  return spawnSync(process.execPath, ['dist/lib/main.js', '--init-only', '--logging-format=json', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
}

t.test('with nothing to be raised it ends at once, with status 0', async (t) => {
  const result = initOnly(...asIs, '--masquerade-all');
  t.equal(result.status, 0);
  t.match(result.stderr, /"about":"--masquerade-all".*\n.*"msg":"the host is set up"/);
});

t.test('what can not be raised is named, with status 1', async (t) => {
  const namespace = ['-Urn', process.execPath, 'dist/lib/main.js', '--init-only', '--logging-format=json'];
  // In a namespace of its own the limit can be read and not written, or is not there at all.
  const result = spawnSync('unshare', [...namespace, '--conntrack-min=2000000000'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  t.equal(result.status, 1);
  t.match(result.stderr, /"wanted":\{"nf_conntrack_max":2000000000,.*could not be raised/);
});
