// cli/flags.ts: every flag, one table per command, keyed by the option it sets. Names and spellings are kube-proxy's
// where it has them. Durations become milliseconds. The types of the options follow from the tables.
import { dataPlanes, sctpRelays } from './data-planes.js';
import type { FlagTable } from './flag.js';
import {
  bindAddress,
  boolean,
  choice,
  duration,
  givenPortRange,
  integer,
  nodeName,
  portRange,
  positiveDuration,
  text,
} from './value-kinds.js';

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
  manifests: {
    name: 'manifests',
    kind: text('path'),
    repeatable: true,
    group: 'Where Services come from',
    meaning:
      'A manifest file, or a directory of .yaml, .yml and .json files, watched for changes. Repeatable.',
  },
  kubeconfig: {
    name: 'kubeconfig',
    kind: text('file'),
    defaultMeaning: 'in a pod: its ServiceAccount',
    group: 'Where Services come from',
    meaning: 'How to reach the API server. Not together with --manifests.',
  },
  hostnameOverride: {
    name: 'hostname-override',
    kind: nodeName,
    defaultMeaning: "this host's name, lower case",
    group: 'Where Services come from',
    meaning: 'The name of the Node this runs on.',
  },
  dataPlane,
  dataPlaneThreads: {
    name: 'data-plane-threads',
    kind: integer('count', 0, 64),
    default: '0',
    group: 'Data plane',
    meaning: 'Threads of the linux data plane. 0: one for each processor that may be used, at most 4.',
  },
  proxyPortRange: {
    name: 'proxy-port-range',
    kind: portRange,
    default: '0',
    group: 'Data plane',
    meaning: 'Local ports for listeners: first-last, or first+n. One pool per protocol. 0: any free port.',
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
  udpIdleTimeoutMs: {
    name: 'udp-timeout',
    kind: positiveDuration,
    default: '30s',
    group: 'Data plane',
    meaning: "How long a UDP client's flow is kept without a datagram in either direction.",
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
  iptablesVariant,
  cleanupOnExit: {
    name: 'cleanup-on-exit',
    kind: boolean,
    default: 'false',
    group: 'Rules',
    meaning: 'Remove the rules on exit. Off, so that a restart finds its proxy ports again.',
  },
  minSyncPeriodMs: {
    name: 'min-sync-period',
    kind: duration,
    default: '100ms',
    group: 'Syncs',
    meaning: 'The least time between two syncs. 0: sync at every change.',
  },
  syncPeriodMs: {
    name: 'sync-period',
    kind: positiveDuration,
    default: '30s',
    group: 'Syncs',
    meaning: 'A full sync happens at least this often. Not below --min-sync-period.',
  },
  healthzBindAddress: {
    name: 'healthz-bind-address',
    kind: bindAddress(10_256),
    default: '0.0.0.0:10256',
    group: 'HTTP',
    meaning: 'Serves /healthz and /livez. Empty: no server.',
  },
  metricsBindAddress: {
    name: 'metrics-bind-address',
    kind: bindAddress(10_249),
    default: '127.0.0.1:10249',
    group: 'HTTP',
    meaning: 'Serves /metrics, /healthz and /proxyMode. Empty: no server.',
  },
  ...logFlags,
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
