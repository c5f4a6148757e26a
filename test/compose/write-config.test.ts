// --write-config-to as a process.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, ['dist/lib/main.js', ...args], { encoding: 'utf8', timeout: 20_000 });
}

t.test('the file is written, told, and read by --config', async (t) => {
  const path = join(t.testdir(), 'out.yaml');
  const result = run(`--write-config-to=${path}`, '--oom-score-adj=5');
  t.equal(result.status, 0);
  t.equal(result.stdout, `wrote the configuration to ${path}\n`);
  t.match(readFileSync(path, 'utf8'), /^apiVersion: .*\n[\s\S]*oomScoreAdj: 5\n/);
  const again = `${path}.again`;
  const second = run(`--config=${path}`, '--strict-mode', `--write-config-to=${again}`);
  t.equal(second.stderr, '');
  t.equal(readFileSync(again, 'utf8'), readFileSync(path, 'utf8'));
});

t.test('a file that can not be written: stderr, status 1', async (t) => {
  const result = run('--write-config-to=/nonexistent/out.yaml');
  t.equal(result.status, 1);
  t.match(result.stderr, /^kube-portal: write the configuration to \/nonexistent\/out\.yaml: ENOENT/);
});

t.test('a configuration file that is wrong: stderr, status 1, and the place', async (t) => {
  const path = join(
    t.testdir({
      'c.yaml': 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: x\n',
    }),
    'c.yaml',
  );
  const result = run(`--config=${path}`);
  t.equal(result.status, 1);
  t.match(result.stderr, /c\.yaml:3:7: mode: expected one of "userspace"/);
});
