// cli/flags.ts: the flags that are our own, one table per command, keyed by the option they set. Durations become
// milliseconds. The types of the options follow from the tables. Those that kube-proxy has too: config-flags.ts; those of
// commands that look into a running process: inquiry-flags.ts.
import { dataPlanes, sctpRelays } from './data-planes.js';
import type { FlagTable } from './flag.js';
import { boolean, choice, duration, givenPortRange, integer, positiveDuration, text } from './value-kinds.js';

const iptablesVariant = {
  name: 'iptables-variant',
  kind: choice(['auto', 'nft', 'legacy']),
  default: 'auto',
  group: 'Rules',
  meaning: 'Which iptables programs write the rules. auto: the variant that this machine already uses.',
} as const;

const dataPlane = {
  name: 'data-plane',
  kind: choice(['auto', ...dataPlanes]),
  default: 'auto',
  group: 'Data plane',
  meaning:
    'What moves the bytes. linux: system calls in threads of their own. node: JavaScript sockets. auto: linux where its self-test passes.',
} as const;

/** '' is a path, too: none. */
export const adminSocket = {
  name: 'admin-socket',
  kind: { placeholder: 'path', parse: (given: string) => given.trim() },
  default: '/run/kube-portal/admin.sock',
  group: 'Looking into a running process',
  meaning: 'Unix socket that explain, status and top ask, for its owner alone. Empty: none.',
} as const;

const logFlags = {
  verbosity: {
    name: 'v',
    short: 'v',
    kind: integer('level', 0, 10),
    default: '0',
    group: 'Logging and more',
    meaning:
      'How much is logged: 0-1 info, 2-4 debug (adds a line per sync), 5 and up trace (adds every client).',
  },
  loggingFormat: {
    name: 'logging-format',
    kind: choice(['json', 'text']),
    defaultMeaning: 'text on a terminal, else json',
    group: 'Logging and more',
    meaning: 'One JSON object per line, or lines for people.',
  },
} as const satisfies FlagTable;

export const runFlags = {
  config: {
    name: 'config',
    kind: text('file'),
    group: 'Configuration',
    meaning:
      'A KubeProxyConfiguration, as kube-proxy reads it, watched for changes. Flags that stand for a field of it are ignored.',
  },
  strictMode: {
    name: 'strict-mode',
    kind: boolean,
    default: 'false',
    group: 'Configuration',
    meaning:
      'Refuse what else is a warning: another proxy mode than userspace, and unknown or duplicate fields in the file.',
  },
  writeConfigTo: {
    name: 'write-config-to',
    kind: text('file'),
    group: 'Configuration',
    meaning: 'Write the configuration that results from defaults and flags, as --config reads it, and exit.',
  },
  initOnly: {
    name: 'init-only',
    kind: boolean,
    default: 'false',
    group: 'Configuration',
    meaning: "Only set what needs full privileges (conntrack's limits), and exit.",
  },
  cleanup: {
    name: 'cleanup',
    kind: boolean,
    default: 'false',
    group: 'Rules',
    meaning: 'Remove the rules that a run left behind, and exit, as the command cleanup does.',
  },
  manifests: {
    name: 'manifests',
    kind: text('path'),
    repeatable: true,
    group: 'Where Services come from',
    meaning:
      'A manifest file, or a directory of .yaml, .yml and .json files, watched for changes. Repeatable.',
  },
  dataPlane,
  dataPlaneThreads: {
    name: 'data-plane-threads',
    kind: integer('count', 0, 64),
    default: '0',
    group: 'Data plane',
    meaning: 'Threads of the linux data plane. 0: one for each processor that may be used, at most 4.',
  },
  dialTimeoutMs: {
    name: 'dial-timeout',
    kind: positiveDuration,
    default: '1s',
    group: 'Data plane',
    meaning:
      'How long one endpoint may take to answer a TCP dial, or an INIT of SCTP, before the next one is tried.',
  },
  dialBudgetMs: {
    name: 'dial-budget',
    kind: positiveDuration,
    default: '5s',
    group: 'Data plane',
    meaning: 'How long all dials for one client may take together; then the client is reset.',
  },
  endpointSetAsideMs: {
    name: 'endpoint-set-aside',
    kind: duration,
    default: '5s',
    group: 'Data plane',
    meaning: 'How long an endpoint that failed is tried last. 0: not at all.',
  },
  halfClosedTimeoutMs: {
    name: 'half-closed-timeout',
    kind: positiveDuration,
    default: '60s',
    group: 'Data plane',
    meaning: 'How long a TCP stream that one side has ended may be silent before it is reset.',
  },
  maxConnections: {
    name: 'max-connections',
    kind: integer('count', 0, 10_000_000),
    default: '0',
    group: 'Data plane',
    meaning: 'Cap on open TCP connections and UDP clients. 0: what the limit on descriptors allows.',
  },
  shutdownGraceMs: {
    name: 'shutdown-grace-period',
    kind: duration,
    default: '30s',
    group: 'Data plane',
    meaning: 'How long open connections may go on after SIGTERM. 0: they are reset at once.',
  },
  sctpRelay: {
    name: 'sctp-relay',
    kind: choice(sctpRelays),
    default: 'packet',
    group: 'SCTP',
    meaning:
      'How SCTP is forwarded. packet: packets of an association between client and endpoint; needs CAP_NET_RAW. terminate: messages of two associations, on node-sctp in a child process; IPv4; to look at, not to serve. off: Services are not served over SCTP.',
  },
  sctpRelayPortRange: {
    name: 'sctp-relay-port-range',
    kind: givenPortRange,
    default: '20000-29999',
    group: 'SCTP',
    meaning:
      'SCTP ports from which the relay talks to endpoints, first-last or first+n. Nobody else on this host may use them for SCTP.',
  },
  sctpHandshakeTimeoutMs: {
    name: 'sctp-handshake-timeout',
    kind: positiveDuration,
    default: '15s',
    group: 'SCTP',
    meaning: 'How long an association may take to come up, all endpoints together.',
  },
  sctpIdleTimeoutMs: {
    name: 'sctp-idle-timeout',
    kind: positiveDuration,
    default: '1h',
    group: 'SCTP',
    meaning:
      'How long an association is kept without a packet in either direction. Peers send heartbeats, every 30s as a rule.',
  },
  sctpMaxAssociations: {
    name: 'sctp-max-associations',
    kind: integer('count', 1, 1_000_000),
    default: '65536',
    group: 'SCTP',
    meaning: 'Cap on associations; above it new clients are refused.',
  },
  sctpMaxHalfOpen: {
    name: 'sctp-max-half-open',
    kind: integer('count', 1, 1_000_000),
    default: '4096',
    group: 'SCTP',
    meaning: 'Cap on associations that are not up yet; above it the oldest of them is given up.',
  },
  adminSocket,
  iptablesVariant,
  cleanupOnExit: {
    name: 'cleanup-on-exit',
    kind: boolean,
    default: 'false',
    group: 'Rules',
    meaning: 'Remove the rules on exit. Off, so that a restart finds its proxy ports again.',
  },
  version: {
    name: 'version',
    kind: boolean,
    default: 'false',
    group: 'Logging and more',
    meaning: 'Print the version and exit.',
  },
} as const satisfies FlagTable;

export const demoFlags = {
  break: {
    name: 'break',
    kind: choice(['rules']),
    group: 'Demo',
    meaning: 'Break something, and see what the demo says. rules: none of them reaches the kernel.',
  },
  keep: {
    name: 'keep',
    kind: boolean,
    default: 'false',
    group: 'Demo',
    meaning: 'Keep everything running after the last step, for your own curl, until Ctrl-C.',
  },
  dataPlane,
  iptablesVariant,
  ...logFlags,
} as const satisfies FlagTable;

export const cleanupFlags = { iptablesVariant, ...logFlags } as const satisfies FlagTable;
