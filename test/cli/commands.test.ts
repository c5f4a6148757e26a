// From an argv to the command it means: every command, every default, and every way to get it wrong.
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';
import type { CommandContext, RunOptions } from '../../lib/cli/options.js';

const bare: CommandContext = { env: {}, isTerminal: false, hasServiceAccountToken: false };
const pod: CommandContext = {
  env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
  isTerminal: false,
  hasServiceAccountToken: true,
};

const defaults: RunOptions = {
  source: { kind: 'manifests', paths: ['/m'] },
  hostnameOverride: undefined,
  dataPlane: 'auto',
  dataPlaneThreads: 0,
  proxyPortRange: undefined,
  sctpRelay: 'packet',
  sctpRelayPortRange: { first: 20_000, last: 29_999 },
  sctpHandshakeTimeoutMs: 15_000,
  sctpIdleTimeoutMs: 3_600_000,
  sctpMaxAssociations: 65_536,
  sctpMaxHalfOpen: 4096,
  dialTimeoutMs: 1000,
  dialBudgetMs: 5000,
  endpointSetAsideMs: 5000,
  halfClosedTimeoutMs: 60_000,
  udpIdleTimeoutMs: 30_000,
  maxConnections: 0,
  shutdownGraceMs: 30_000,
  iptablesVariant: 'auto',
  cleanupOnExit: false,
  minSyncPeriodMs: 100,
  syncPeriodMs: 30_000,
  healthzBindAddress: { host: '0.0.0.0', port: 10_256 },
  metricsBindAddress: { host: '127.0.0.1', port: 10_249 },
  verbosity: 0,
  loggingFormat: 'json',
};

t.test('no command means run, with every default', async (t) => {
  t.same(parseCommandLine(['--manifests', '/m'], bare), { command: 'run', options: defaults });
  t.same(parseCommandLine(['run', '--manifests=/m'], bare), { command: 'run', options: defaults });
});

t.test('every flag of run sets its option', async (t) => {
  const table: readonly [readonly string[], Partial<RunOptions>][] = [
    [['--manifests', '/n'], { source: { kind: 'manifests', paths: ['/m', '/n'] } }],
    [['--hostname-override', 'Node-A'], { hostnameOverride: 'node-a' }],
    [['--proxy-port-range=36000+10'], { proxyPortRange: { first: 36_000, last: 36_010 } }],
    [['--proxy-port-range='], {}],
    [['--data-plane=node'], { dataPlane: 'node' }],
    [['--data-plane=linux'], { dataPlane: 'linux' }],
    [['--data-plane-threads=3'], { dataPlaneThreads: 3 }],
    [['--dial-timeout', '250ms'], { dialTimeoutMs: 250 }],
    [['--dial-budget', '1m30s'], { dialBudgetMs: 90_000 }],
    [['--endpoint-set-aside=0'], { endpointSetAsideMs: 0 }],
    [['--half-closed-timeout=10s'], { halfClosedTimeoutMs: 10_000 }],
    [['--udp-timeout=250ms'], { udpIdleTimeoutMs: 250 }],
    [['--max-connections=9000'], { maxConnections: 9000 }],
    [['--shutdown-grace-period=0s'], { shutdownGraceMs: 0 }],
    [['--iptables-variant=legacy'], { iptablesVariant: 'legacy' }],
    [['--cleanup-on-exit'], { cleanupOnExit: true }],
    [['--cleanup-on-exit', '--cleanup-on-exit=false'], {}],
    [['--min-sync-period=0'], { minSyncPeriodMs: 0 }],
    [['--sync-period=1m'], { syncPeriodMs: 60_000 }],
    [['--healthz-bind-address='], { healthzBindAddress: undefined }],
    [['--metrics-bind-address', '[::1]:0'], { metricsBindAddress: { host: '::1', port: 0 } }],
    [['-v=2'], { verbosity: 2 }],
    [['-v', '2'], { verbosity: 2 }],
    [['-v', '2', '--v=5'], { verbosity: 5 }],
    [['--logging-format=text'], { loggingFormat: 'text' }],
  ];
  for (const [argv, changed] of table) {
    const expected = { command: 'run', options: { ...defaults, ...changed } };
    t.same(parseCommandLine(['--manifests', '/m', ...argv], bare), expected, argv.join(' '));
  }
});

t.test('Services come from one place', async (t) => {
  t.match(parseCommandLine(['--kubeconfig', '/k'], pod), {
    options: { source: { kind: 'kubeconfig', path: '/k' } },
  });
  t.match(parseCommandLine([], pod), { command: 'run', options: { source: { kind: 'in-cluster' } } });
  t.match(parseCommandLine(['--manifests', '/m', '--kubeconfig', '/k'], bare), {
    command: 'usage-error',
    message: /--manifests and --kubeconfig exclude each other/,
  });
  for (const context of [bare, { ...pod, hasServiceAccountToken: false }, { ...pod, env: {} }]) {
    const nowhere = parseCommandLine([], context);
    t.match(nowhere, { command: 'usage-error', message: /--manifests.*\n.*--kubeconfig.*\n.*run in a pod/ });
  }
});

t.test('the log is text on a terminal unless a flag says otherwise', async (t) => {
  const terminal = { ...bare, isTerminal: true };
  t.match(parseCommandLine(['demo'], terminal), { options: { loggingFormat: 'text' } });
  t.match(parseCommandLine(['demo', '--logging-format=json'], terminal), {
    options: { loggingFormat: 'json' },
  });
  t.match(parseCommandLine(['demo'], bare), { options: { loggingFormat: 'json' } });
});

t.test('demo, cleanup and version', async (t) => {
  const rest = { iptablesVariant: 'auto', verbosity: 0, loggingFormat: 'json' };
  t.same(parseCommandLine(['demo'], bare), {
    command: 'demo',
    options: { ...rest, break: undefined, keep: false, dataPlane: 'auto' },
  });
  const all = ['demo', '--break', 'rules', '--keep', '--data-plane=node', '--iptables-variant=nft', '-v=4'];
  t.same(parseCommandLine(all, bare), {
    command: 'demo',
    options: {
      ...rest,
      break: 'rules',
      keep: true,
      dataPlane: 'node',
      iptablesVariant: 'nft',
      verbosity: 4,
    },
  });
  t.same(parseCommandLine(['cleanup', '--iptables-variant=legacy'], bare), {
    command: 'cleanup',
    options: { ...rest, iptablesVariant: 'legacy' },
  });
  for (const argv of [['version'], ['--version'], ['run', '-v=2', '--version']]) {
    t.same(parseCommandLine(argv, bare), { command: 'version' }, argv.join(' '));
  }
});

t.test('what a user typed wrong is named, with what is allowed', async (t) => {
  const table: readonly [readonly string[], RegExp][] = [
    [['--dial-timeout=3'], /--dial-timeout .*unit is missing.*250ms/s],
    [['--dial-timeout', '0'], /--dial-timeout .*longer than 0/],
    [['--data-plane=ebpf'], /--data-plane .*'ebpf' is invalid.*Allowed are: auto, node, linux/],
    [['--iptables-variant=ipvs'], /--iptables-variant .*Allowed are: auto, nft, legacy/],
    [['--proxy-port-range=20-10'], /--proxy-port-range .*ends before it starts/],
    [['--cleanup-on-exit=maybe'], /--cleanup-on-exit .*true and false/],
    [['-v=eleven'], /--v .*whole number from 0 to 10/],
    [['--manifests='], /--manifests .*must not be empty/],
    [['--kubeconfig'], /--kubeconfig .*argument missing/],
    [['--dial-timout=3s'], /unknown option '--dial-timout'\n\(Did you mean --dial-timeout\?\)/],
    [['--sync-perod', '3s'], /Did you mean --sync-period\?/],
    [['-x'], /unknown option '-x'/],
    [['demo', '--manifests=/m'], /unknown option '--manifests'/],
    [['demon'], /unknown command 'demon'\n\(Did you mean demo\?\)/],
    [['--cleanup-on-exit', 'false'], /unexpected argument 'false'.*after '='/],
    [['--min-sync-period=1m'], /--min-sync-period must not be longer than --sync-period/],
  ];
  for (const [argv, expected] of table) {
    const outcome = parseCommandLine(argv, pod);
    t.match(outcome, { command: 'usage-error', message: expected }, argv.join(' '));
    t.match(outcome, { message: /^kube-portal: .*See kube-portal --help\.$/s }, argv.join(' '));
  }
});

t.test('the same argv twice means the same: nothing is kept between two calls', async (t) => {
  parseCommandLine(['--manifests', '/other', '-v=5'], bare);
  t.same(parseCommandLine(['--manifests', '/m'], bare), { command: 'run', options: defaults });
});
