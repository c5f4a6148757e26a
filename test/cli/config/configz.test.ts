// What /configz shows.
import t from 'tap';
import { parseCommandLine } from '../../../lib/cli/commands.js';
import { configz } from '../../../lib/cli/config/configz.js';

t.test('the API’s configuration under its group, our own flags beside it', async (t) => {
  const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };
  const invocation = parseCommandLine(['--manifests=/m', '--dial-timeout=3s', '--oom-score-adj=5'], context);
  const shown = invocation.command === 'run' ? configz(invocation.options) : {};
  t.match(shown, {
    'kubeproxy.config.k8s.io': { kind: 'KubeProxyConfiguration', mode: 'userspace', oomScoreAdj: 5 },
    'kube-portal': { source: { kind: 'manifests', paths: ['/m'] }, dialTimeoutMs: 3000, dataPlane: 'auto' },
  });
  t.same(
    Object.keys(Object(shown['kube-portal'])).filter((key) => /oom|verbosity|notices/.test(key)),
    [],
  );
  t.same(JSON.parse(JSON.stringify(shown['kubeproxy.config.k8s.io'])), shown['kubeproxy.config.k8s.io']);
});
