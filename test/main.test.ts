// The program as a process: what it prints where, and its exit status.
import { spawnSync } from 'node:child_process';
import t from 'tap';

function kubePortal(args: readonly string[]) {
  const env = { ...process.env, KUBERNETES_SERVICE_HOST: '' };
  return spawnSync(process.execPath, ['dist/lib/main.js', ...args], {
    encoding: 'utf8',
    env,
    timeout: 20_000,
  });
}

t.test('version and help go to stdout, with status 0', async (t) => {
  const version = kubePortal(['version']);
  t.match(version.stdout, /^kube-portal \d+\.\d+\.\d+, Node\.js v\d+/);
  t.equal(version.status, 0);
  t.equal(version.stderr, '');
  const help = kubePortal(['--help']);
  t.match(help.stdout, /run[\s\S]*demo[\s\S]*cleanup/);
  t.equal(help.status, 0);
});

t.test('a command line that is not understood: stderr, status 2', async (t) => {
  for (const [args, told] of [
    [['--proxy-mod=x'], /--proxy-mod/],
    [[], /--manifests[\s\S]*--kubeconfig[\s\S]*ServiceAccount/],
    [['--manifests', 'x', '--kubeconfig', 'y'], /--manifests and --kubeconfig exclude each other/],
  ] as const) {
    const result = kubePortal(args);
    t.equal(result.status, 2, args.join(' '));
    t.match(result.stderr, told);
    t.equal(result.stdout, '');
  }
});

t.test('a kubeconfig that can not be read: status 1, and the file is named', async (t) => {
  const result = kubePortal(['--kubeconfig', '/nonexistent/kubeconfig', '--metrics-bind-address=']);
  t.equal(result.status, 1);
  t.match(result.stderr, /\/nonexistent\/kubeconfig/);
});
