// From an argv to the command it means: every command, every default, and every way to get it wrong.
import t from 'tap';
import { parseCommandLine, reloadedOptions } from '../../lib/cli/commands.js';
import { valueAt, withValue } from '../../lib/cli/config/field-path.js';
import { defaultConfig } from '../../lib/cli/config/schema.js';
import type { CommandContext, RunOptions } from '../../lib/cli/options.js';

const bare: CommandContext = {
  env: {},
  isTerminal: false,
  hasServiceAccountToken: false,
  readConfigFile: (path) => {
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
  },
};
const pod: CommandContext = {
  ...bare,
  env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
  hasServiceAccountToken: true,
};
const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const withFile = (text: string, context = pod): CommandContext => ({
  ...context,
  readConfigFile: () => `${head}${text}`,
});

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
  adminSocket: '/run/kube-portal/admin.sock',
  iptablesVariant: 'auto',
  cleanupOnExit: false,
  minSyncPeriodMs: 100,
  syncPeriodMs: 30_000,
  healthzBindAddress: { host: '0.0.0.0', port: 10_256 },
  metricsBindAddress: { host: '127.0.0.1', port: 10_249 },
  verbosity: 0,
  loggingFormat: 'json',
  bindAddressHardFail: false,
  nodeIp: undefined,
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
  localhostNodePorts: true,
  dropInvalid: true,
  conntrack: undefined,
  oomScoreAdj: undefined,
  config: withValue(defaultConfig(), 'logging.format', 'json'),
  configFile: undefined,
  notices: [],
};
/** Those of a cluster. */
const conntrack = {
  maxPerCore: 32_768,
  min: 131_072,
  tcpEstablishedTimeoutSeconds: 86_400,
  tcpCloseWaitTimeoutSeconds: 3600,
  tcpBeLiberal: false,
  udpTimeoutSeconds: 0,
  udpStreamTimeoutSeconds: 0,
};

t.test('no command means run, with every default', async (t) => {
  t.same(parseCommandLine(['--manifests', '/m'], bare), { command: 'run', options: defaults });
  t.same(parseCommandLine(['run', '--manifests=/m'], bare), { command: 'run', options: defaults });
});

t.test('every flag of run sets its option', async (t) => {
  const table: readonly [readonly string[], Partial<RunOptions>][] = [
    [['--manifests', '/n'], { source: { kind: 'manifests', paths: ['/m', '/n'] } }],
    [['--hostname-override', 'Node-A'], { hostnameOverride: 'node-a' }],
    [['--hostname-override='], { hostnameOverride: undefined }],
    [['--proxy-port-range=36000+10'], { proxyPortRange: { first: 36_000, last: 36_010 } }],
    [['--proxy-port-range='], {}],
    [['--strict-mode'], {}],
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
    const invocation = parseCommandLine(['--manifests', '/m', ...argv], bare);
    const { config, ...options } = invocation.command === 'run' ? invocation.options : defaults;
    const { config: _, ...expected } = { ...defaults, ...changed };
    t.same(options, expected, argv.join(' '));
  }
});

t.test('every flag that stands for a field of the configuration sets the field and its option', async (t) => {
  const table: readonly [
    argv: readonly string[],
    field: string,
    value: unknown,
    options: Partial<RunOptions>,
  ][] = [
    [['--hostname-override=A'], 'hostnameOverride', 'a', { hostnameOverride: 'a' }],
    [['--proxy-port-range=10-11'], 'portRange', '10-11', { proxyPortRange: { first: 10, last: 11 } }],
    [['--udp-timeout=1m'], 'udpIdleTimeout', '1m0s', { udpIdleTimeoutMs: 60_000 }],
    [['--iptables-sync-period=60s'], 'iptables.syncPeriod', '1m0s', { syncPeriodMs: 60_000 }],
    [['--iptables-min-sync-period=0'], 'iptables.minSyncPeriod', '0s', { minSyncPeriodMs: 0 }],
    [['--sync-period=9s'], 'nftables.syncPeriod', '9s', { syncPeriodMs: 9000 }],
    [['--min-sync-period=1s'], 'ipvs.minSyncPeriod', '1s', { minSyncPeriodMs: 1000 }],
    [['--healthz-bind-address='], 'healthzBindAddress', '', { healthzBindAddress: undefined }],
    [['--healthz-bind-address=::1'], 'healthzBindAddress', '[::1]:10256', {}],
    [['--metrics-bind-address=1.2.3.4:5'], 'metricsBindAddress', '1.2.3.4:5', {}],
    [['--bind-address-hard-fail'], 'bindAddressHardFail', true, { bindAddressHardFail: true }],
    [['--bind-address=10.0.0.1'], 'bindAddress', '10.0.0.1', { nodeIp: '10.0.0.1' }],
    [['--bind-address=::'], 'healthzBindAddress', '[::]:10256', { nodeIp: undefined }],
    [['--nodeport-addresses=primary'], 'nodePortAddresses', ['primary'], { nodePortAddresses: 'primary' }],
    [
      ['--nodeport-addresses=10.0.0.0/8,fd00::/8', '--nodeport-addresses=127.0.0.0/8'],
      'nodePortAddresses',
      ['10.0.0.0/8', 'fd00::/8', '127.0.0.0/8'],
      { nodePortAddresses: { IPv4: ['10.0.0.0/8', '127.0.0.0/8'], IPv6: ['fd00::/8'] } },
    ],
    [
      ['--iptables-localhost-nodeports=false'],
      'iptables.localhostNodePorts',
      false,
      { localhostNodePorts: false },
    ],
    [
      ['--detect-local-mode=NodeCIDR'],
      'detectLocalMode',
      'NodeCIDR',
      { detectLocal: { kind: 'node-cidrs' } },
    ],
    [
      ['--cluster-cidr=10.1.0.0/16'],
      'clusterCIDR',
      '10.1.0.0/16',
      { detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.1.0.0/16'], IPv6: [] } } },
    ],
    [
      ['--detect-local-mode=BridgeInterface', '--pod-bridge-interface=cni0'],
      'detectLocal.bridgeInterface',
      'cni0',
      { detectLocal: { kind: 'interface', match: 'cni0' } },
    ],
    [
      ['--detect-local-mode=InterfaceNamePrefix', '--pod-interface-name-prefix=cali'],
      'detectLocal.interfaceNamePrefix',
      'cali',
      { detectLocal: { kind: 'interface', match: 'cali+' } },
    ],
    [
      ['--conntrack-max-per-core=1'],
      'conntrack.maxPerCore',
      1,
      { conntrack: { ...conntrack, maxPerCore: 1 } },
    ],
    [['--conntrack-min=0'], 'conntrack.min', 0, { conntrack: { ...conntrack, min: 0 } }],
    [
      ['--conntrack-tcp-timeout-established=120h'],
      'conntrack.tcpEstablishedTimeout',
      '120h0m0s',
      { conntrack: { ...conntrack, tcpEstablishedTimeoutSeconds: 432_000 } },
    ],
    [
      ['--conntrack-tcp-timeout-close-wait=0'],
      'conntrack.tcpCloseWaitTimeout',
      '0s',
      { conntrack: { ...conntrack, tcpCloseWaitTimeoutSeconds: 0 } },
    ],
    [
      ['--conntrack-tcp-be-liberal'],
      'conntrack.tcpBeLiberal',
      true,
      { dropInvalid: false, conntrack: { ...conntrack, tcpBeLiberal: true } },
    ],
    [
      ['--conntrack-udp-timeout=10s'],
      'conntrack.udpTimeout',
      '10s',
      { conntrack: { ...conntrack, udpTimeoutSeconds: 10 } },
    ],
    [
      ['--conntrack-udp-timeout-stream=2m'],
      'conntrack.udpStreamTimeout',
      '2m0s',
      { conntrack: { ...conntrack, udpStreamTimeoutSeconds: 120 } },
    ],
    [['--oom-score-adj=-5'], 'oomScoreAdj', -5, { oomScoreAdj: -5 }],
    [['-v=99'], 'logging.verbosity', 99, { verbosity: 99 }],
    [['--logging-format=text'], 'logging.format', 'text', { loggingFormat: 'text' }],
    [['--proxy-mode=userspace'], 'mode', 'userspace', {}],
    [['--proxy-mode='], 'mode', 'userspace', {}],
    [
      ['--cluster-cidr=10.0.0.0/8', '--detect-local-mode='],
      'detectLocalMode',
      'ClusterCIDR',
      { detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.0.0.0/8'], IPv6: [] } } },
    ],
  ];
  for (const [argv, field, value, options] of table) {
    const invocation = parseCommandLine(['--manifests', '/m', ...argv], bare);
    const run = invocation.command === 'run' ? invocation.options : defaults;
    t.same(valueAt(run.config, field), value, argv.join(' '));
    t.match(run, options, argv.join(' '));
    t.same(run.notices, [], argv.join(' '));
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
    t.match(nowhere, {
      command: 'usage-error',
      message: /--manifests.*\n.*--kubeconfig.*\n.*--config.*\n.*run in a pod/,
    });
  }
});

t.test('in a cluster the host is set up as kube-proxy does it', async (t) => {
  t.match(parseCommandLine([], pod), { options: { conntrack, oomScoreAdj: -999 } });
  t.match(parseCommandLine(['--kubeconfig=/k'], bare), { options: { conntrack, oomScoreAdj: -999 } });
  const file = parseCommandLine(['--manifests=/m', '--config=/c'], withFile('oomScoreAdj: 7', bare));
  t.match(file, { options: { conntrack, oomScoreAdj: 7 } }, 'nor with manifests where a file is given');
});

t.test('with --config the file decides, but for logging, the node’s name and our own flags', async (t) => {
  const text =
    'hostnameOverride: b\nlogging: {verbosity: 3}\niptables: {syncPeriod: 20s}\nclientConnection: {kubeconfig: /f}';
  const context = withFile(text);
  t.match(parseCommandLine(['--config=/c'], context), {
    options: {
      source: { kind: 'kubeconfig', path: '/f' },
      configFile: '/c',
      hostnameOverride: 'b',
      verbosity: 3,
      syncPeriodMs: 20_000,
      notices: [],
    },
  });
  const argv = ['--config=/c', '--hostname-override=a', '-v=5', '--sync-period=9s', '--dial-timeout=7s'];
  const ignored = ['--kubeconfig=/k', '--iptables-sync-period=7s', '--oom-score-adj=1', '--healthz-port=0'];
  t.match(parseCommandLine([...argv, ...ignored], context), {
    options: {
      source: { path: '/f' },
      hostnameOverride: 'a',
      verbosity: 5,
      syncPeriodMs: 9000,
      dialTimeoutMs: 7000,
      oomScoreAdj: -999,
      healthzBindAddress: { port: 10_256 },
      notices: [
        {
          about: '--kubeconfig, --iptables-sync-period, --oom-score-adj, --healthz-port',
          text: /ignored.*the file decides/,
        },
      ],
    },
  });
  t.match(parseCommandLine(['--config=/c', '--manifests=/m'], context), {
    options: {
      source: { kind: 'manifests' },
      notices: [{ about: '--manifests', text: /not from the file's \/f/ }],
    },
  });
});

t.test('a configuration file that is wrong or away is an error of its own, with the place', async (t) => {
  t.match(parseCommandLine(['--config=/c'], withFile('mode: x')), {
    command: 'config-error',
    message: /^kube-portal: the configuration can't be used\n\/c:3:7: mode: expected one of .*got "x"$/,
  });
  t.match(parseCommandLine(['--config=/c', '--strict-mode'], withFile('mode: ipvs')), {
    command: 'config-error',
    message: /\n\/c:3:7 mode: proxy mode ipvs is not what runs here/,
  });
  t.match(parseCommandLine(['--config', '/none'], bare), {
    command: 'config-error',
    message: /\/none: it can't be read: ENOENT/,
  });
});

t.test(
  '--cleanup, --init-only and --write-config-to are done in place of a run, and need no source',
  async (t) => {
    t.same(parseCommandLine(['--cleanup', '-v=3', '--config=/broken', '--proxy-mode=ipvs'], bare), {
      command: 'cleanup',
      options: { iptablesVariant: 'auto', verbosity: 3, loggingFormat: 'json' },
    });
    t.same(parseCommandLine(['--init-only', '--conntrack-min=5', '--logging-format=text'], bare), {
      command: 'init',
      options: { verbosity: 0, loggingFormat: 'text', conntrack: { ...conntrack, min: 5 }, notices: [] },
    });
    t.same(parseCommandLine(['--write-config-to=/w', '--oom-score-adj=3'], bare), {
      command: 'write-config',
      options: { path: '/w', config: { ...defaultConfig(), oomScoreAdj: 3 } },
    });
    t.match(parseCommandLine(['--write-config-to=/w', '--config=/c'], withFile('oomScoreAdj: 4')), {
      options: { config: { oomScoreAdj: 4 } },
    });
  },
);

t.test('the same command line with another text of the file gives the options anew', async (t) => {
  const argv = ['--config=/c', '--dial-timeout=7s'];
  const options = reloadedOptions(argv, pod, `${head}oomScoreAdj: 9`);
  t.match(options, { oomScoreAdj: 9, dialTimeoutMs: 7000, configFile: '/c' });
  t.throws(() => reloadedOptions(argv, pod, 'mode: x'), {
    name: 'ConfigError',
    message: /\/c:1:1: apiVersion/,
  });
  t.throws(
    () => reloadedOptions([...argv, '--sync-period=1s'], pod, `${head}iptables: {minSyncPeriod: 2s}`),
    {
      name: 'ConfigError',
      message: /--sync-period: .*\(2s\) must not be longer than the sync period \(1s\)/,
    },
  );
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
    [['-v=eleven'], /--v .*[Ww]hole number, 0 or more/],
    [['--proxy-mode=kernelspace'], /--proxy-mode .*one of "userspace", "iptables"/],
    [['--cluster-cidr=10.0.0.0'], /--cluster-cidr .*Expected a CIDR/],
    [['--oom-score-adj=1001'], /--oom-score-adj .*from -1000 to 1000/],
    [['--conntrack-min=-1'], /--conntrack-min .*0 or more/],
    [['--iptables-sync-period=0'], /--iptables-sync-period .*longer than 0/],
    [['--feature-gates=A'], /--feature-gates .*true and false/],
    [['--healthz-port=65536'], /--healthz-port .*from 0 to 65535/],
    [['--nodeport-addresses=primary,10.0.0.0/8'], /--nodeport-addresses .*not both/],
    [
      ['--detect-local-mode=BridgeInterface'],
      /--detect-local-mode: .* needs detectLocal.bridgeInterface \(--pod-bridge-interface\)/,
    ],
    [['--strict-mode', '--proxy-mode=ipvs'], /--proxy-mode: proxy mode ipvs is not what runs here/],
    [['--manifests='], /--manifests .*must not be empty/],
    [['--kubeconfig'], /--kubeconfig .*argument missing/],
    [['--dial-timout=3s'], /unknown option '--dial-timout'\n\(Did you mean --dial-timeout\?\)/],
    [['--sync-perod', '3s'], /Did you mean --sync-period\?/],
    [['-x'], /unknown option '-x'/],
    [['demo', '--manifests=/m'], /unknown option '--manifests'/],
    [['demon'], /unknown command 'demon'\n\(Did you mean demo\?\)/],
    [['--cleanup-on-exit', 'false'], /unexpected argument 'false'.*after '='/],
    [
      ['--min-sync-period=1m'],
      /--min-sync-period: the least time between two syncs \(1m0s\) must not be longer than the sync period \(30s\)/,
    ],
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
