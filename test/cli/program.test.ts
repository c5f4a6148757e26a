// The help text: every flag with its default, in groups, and examples at the end.
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';
import { cleanupFlags, demoFlags, runFlags } from '../../lib/cli/flags.js';
import { kubeProxyFlags } from '../../lib/cli/program.js';

const context = {
  env: {},
  isTerminal: false,
  hasServiceAccountToken: false,
  readConfigFile: () => 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n',
};

function helpOf(...argv: readonly string[]): string {
  const invocation = parseCommandLine(argv, context);
  t.equal(invocation.command, 'help', argv.join(' '));
  // Wrapped lines become one.
  return invocation.command === 'help' ? invocation.text.replaceAll(/\n {20,}/g, ' ') : '';
}

t.test('the help of each command shows each of its flags with its default', async (t) => {
  const commands = [
    { help: helpOf('--help'), flags: runFlags },
    { help: helpOf('run', '-h'), flags: runFlags },
    { help: helpOf('run', '-h'), flags: kubeProxyFlags },
    { help: helpOf('demo', '--help'), flags: demoFlags },
    { help: helpOf('help', 'cleanup'), flags: cleanupFlags },
  ];
  for (const { help, flags } of commands) {
    for (const flag of Object.values<{ name: string; group: string; default?: string }>(flags)) {
      t.ok(help.includes(`--${flag.name} `), flag.name);
      t.ok(help.includes(`\n${flag.group}:\n`), flag.group);
      if (flag.default !== undefined && flag.default !== 'false') {
        t.match(help, new RegExp(`--${flag.name} .*\\(default: ${flag.default.replaceAll('.', '\\.')}\\)`));
      }
    }
  }
});

t.test('the program’s help names the commands and ends with examples', async (t) => {
  const help = helpOf('--help');
  for (const command of ['run', 'explain', 'status', 'top', 'demo', 'cleanup', 'version'])
    t.match(help, new RegExp(`\n  ${command} +\\w`));
  const examples = help.split('\nExamples:\n')[1] ?? '';
  t.equal(examples.match(/^ {2}kube-portal /gm)?.length, 5);
  t.notMatch(helpOf('version', '--help'), /Examples|--manifests/);
});

t.test('the examples are right', async (t) => {
  const lines = helpOf('--help').match(/^ {2}kube-portal .*$/gm) ?? [];
  for (const line of lines) {
    const invocation = parseCommandLine(line.trim().split(' ').slice(1), {
      ...context,
      env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
      hasServiceAccountToken: true,
    });
    t.match(invocation, { command: /^(run|demo|explain)$/ }, line);
  }
});
