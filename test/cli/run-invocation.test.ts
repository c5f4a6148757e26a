// What the flags of run mean together, where more than the command line decides.
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';
import { loggingFormatOf } from '../../lib/cli/run-invocation.js';

const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };
const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

t.test('the log’s format is what was said, else text on a terminal and JSON elsewhere', async (t) => {
  t.equal(loggingFormatOf('text', context), 'text');
  t.equal(loggingFormatOf('', context), 'json');
  t.equal(loggingFormatOf(undefined, { ...context, isTerminal: true }), 'text');
});

t.test(
  'the effective configuration tells the format that came of it, the written file what was said',
  async (t) => {
    t.match(parseCommandLine(['--manifests=/m'], context), {
      options: { config: { logging: { format: 'json' } } },
    });
    t.match(parseCommandLine(['--write-config-to=/w'], context), {
      options: { config: { logging: { format: '' } } },
    });
  },
);

t.test('a file that names no cluster leaves the pod’s own, or nothing', async (t) => {
  const withFile = { ...context, readConfigFile: () => head };
  t.match(parseCommandLine(['--config=/c'], withFile), {
    command: 'usage-error',
    message: /--config <file> .*clientConnection\.kubeconfig/,
  });
  const inPod = { ...withFile, env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, hasServiceAccountToken: true };
  t.match(parseCommandLine(['--config=/c'], inPod), { options: { source: { kind: 'in-cluster' } } });
});

t.test('a file is not read where it is of no use', async (t) => {
  const broken = {
    ...context,
    readConfigFile: () => {
      throw new Error('must not be read');
    },
  };
  t.match(parseCommandLine(['--version', '--config=/c'], broken), { command: 'version' });
  t.match(parseCommandLine(['--cleanup', '--config=/c'], broken), { command: 'cleanup' });
});
