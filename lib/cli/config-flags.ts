// cli/config-flags.ts: the flags that stand for fields of KubeProxyConfiguration and have an effect. Names, spellings and
// rules are kube-proxy's; the defaults are the fields' (config/schema.ts).
import { valueAt } from './config/field-path.js';
import * as values from './config/field-values.js';
import { defaultConfig } from './config/schema.js';
import { fieldKind } from './field-kind.js';
import type { ConfigFlag, FlagGroup } from './flag.js';
import { boolean, optionalText } from './value-kinds.js';

const defaults = defaultConfig();

type Given = Omit<ConfigFlag, 'name' | 'fields' | 'group' | 'meaning' | 'default'>;

function flagsOf(group: FlagGroup) {
  return (name: string, field: string, given: Given, meaning: string): ConfigFlag => {
    const value = String(valueAt(defaults, field));
    const shown = given.defaultMeaning !== undefined || value === '' ? {} : { default: value };
    return { name, fields: [field], group, meaning, ...shown, ...given };
  };
}

const period = { kind: fieldKind('duration', 'text', values.period) };
const duration = { kind: fieldKind('duration', 'text', values.duration) };
const kernelDuration = { kind: fieldKind('duration', 'text', values.kernelDuration) };
/** kube-proxy trims it and makes it lower case. */
const optionalName = {
  placeholder: 'name',
  parse: (given: string) => optionalText('name').parse(given).toLowerCase(),
};
const count = { kind: fieldKind('count', 'number', values.integer(0)) };

/** As in a file, '' is no choice. */
function orDefault(field: 'mode' | 'detectLocalMode', schema: ReturnType<typeof values.oneOf>) {
  return schema.transform((value) => value || defaults[field]);
}

/** Our own names for the sync periods: they count in every mode, and over the file. */
function ownPeriod(
  name: string,
  key: 'syncPeriod' | 'minSyncPeriod',
  given: Given,
  meaning: string,
): ConfigFlag {
  const flag = flagsOf('Syncs')(name, `iptables.${key}`, given, meaning);
  return { ...flag, fields: [`iptables.${key}`, `ipvs.${key}`, `nftables.${key}`], winsOverFile: true };
}

const source = flagsOf('Where Services come from');
const plane = flagsOf('Data plane');
const syncs = flagsOf('Syncs');
const http = flagsOf('HTTP');
const traffic = flagsOf('NodePorts and pods');
const host = flagsOf("The host's settings");
const more = flagsOf('Logging and more');

export const configFlags: readonly ConfigFlag[] = [
  flagsOf('Configuration')(
    'proxy-mode',
    'mode',
    {
      kind: fieldKind(
        'mode',
        'text',
        orDefault('mode', values.oneOf('userspace', 'iptables', 'ipvs', 'nftables', '')),
      ),
    },
    'Only userspace is here: iptables, ipvs and nftables run in userspace with a warning that says what differs.',
  ),
  source(
    'kubeconfig',
    'clientConnection.kubeconfig',
    { kind: optionalText('file'), defaultMeaning: 'in a pod: its ServiceAccount' },
    'How to reach the API server. Not together with --manifests.',
  ),
  source(
    'hostname-override',
    'hostnameOverride',
    { kind: optionalName, defaultMeaning: "this host's name, lower case", winsOverFile: true },
    'The name of the Node this runs on.',
  ),
  plane(
    'proxy-port-range',
    'portRange',
    { kind: fieldKind('range', 'text', values.portRange), defaultMeaning: '0' },
    'Local ports for listeners: first-last, or first+n. One pool per protocol. 0: any free port.',
  ),
  plane(
    'udp-timeout',
    'udpIdleTimeout',
    period,
    "How long a UDP client's flow is kept without a datagram in either direction.",
  ),
  syncs(
    'iptables-sync-period',
    'iptables.syncPeriod',
    period,
    'A full sync happens at least this often. In proxy modes ipvs and nftables theirs counts.',
  ),
  syncs(
    'iptables-min-sync-period',
    'iptables.minSyncPeriod',
    duration,
    'The least time between two syncs. 0: sync at every change.',
  ),
  syncs('ipvs-sync-period', 'ipvs.syncPeriod', period, 'As --iptables-sync-period, in proxy mode ipvs.'),
  syncs(
    'ipvs-min-sync-period',
    'ipvs.minSyncPeriod',
    duration,
    'As --iptables-min-sync-period, in proxy mode ipvs.',
  ),
  ownPeriod(
    'min-sync-period',
    'minSyncPeriod',
    duration,
    'The least time between two syncs, whatever the proxy mode and the file. 0: sync at every change.',
  ),
  ownPeriod(
    'sync-period',
    'syncPeriod',
    period,
    'A full sync happens at least this often, whatever the proxy mode and the file. Not below --min-sync-period.',
  ),
  http(
    'healthz-bind-address',
    'healthzBindAddress',
    { kind: fieldKind('ip:port', 'text', values.address(10_256)) },
    'Serves /healthz and /livez. Empty: no server.',
  ),
  http(
    'metrics-bind-address',
    'metricsBindAddress',
    { kind: fieldKind('ip:port', 'text', values.address(10_249)) },
    'Serves /metrics, /healthz, /proxyMode and /configz. Empty: no server.',
  ),
  http(
    'bind-address-hard-fail',
    'bindAddressHardFail',
    { kind: boolean },
    'End when one of the two can not be bound at the start. Else it is tried again.',
  ),
  traffic(
    'bind-address',
    'bindAddress',
    { kind: fieldKind('ip', 'text', values.ipAddress) },
    "This node's main address, for --nodeport-addresses=primary. 0.0.0.0 or ::: what the node itself says.",
  ),
  traffic(
    'nodeport-addresses',
    'nodePortAddresses',
    {
      kind: fieldKind('cidrs', 'list', values.nodePortAddresses),
      repeatable: true,
      defaultMeaning: 'all addresses of this host; primary where the proxy mode is nftables',
    },
    'Where NodePorts answer: CIDRs with commas between them, or primary.',
  ),
  traffic(
    'iptables-localhost-nodeports',
    'iptables.localhostNodePorts',
    { kind: boolean },
    'Whether NodePorts answer on loopback addresses too.',
  ),
  traffic(
    'detect-local-mode',
    'detectLocalMode',
    {
      kind: fieldKind(
        'mode',
        'text',
        orDefault(
          'detectLocalMode',
          values.oneOf('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', ''),
        ),
      ),
    },
    'How traffic of pods is told from that of others: ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix.',
  ),
  traffic(
    'cluster-cidr',
    'clusterCIDR',
    { kind: fieldKind('cidr', 'text', values.clusterCidr) },
    'Where pods have their addresses; one CIDR, or one of each family. For ClusterCIDR.',
  ),
  traffic(
    'pod-bridge-interface',
    'detectLocal.bridgeInterface',
    { kind: fieldKind('name', 'text', values.interfaceName) },
    'The bridge that the traffic of pods comes from. For BridgeInterface.',
  ),
  traffic(
    'pod-interface-name-prefix',
    'detectLocal.interfaceNamePrefix',
    { kind: fieldKind('prefix', 'text', values.interfaceName) },
    "How the names of pods' interfaces begin. For InterfaceNamePrefix.",
  ),
  host(
    'conntrack-max-per-core',
    'conntrack.maxPerCore',
    count,
    'Connections to be tracked per processor. 0: the limit is left as it is.',
  ),
  host(
    'conntrack-min',
    'conntrack.min',
    count,
    'The least that the limit is raised to, however few the processors.',
  ),
  host(
    'conntrack-tcp-timeout-established',
    'conntrack.tcpEstablishedTimeout',
    kernelDuration,
    'How long conntrack keeps an idle TCP connection. 0: left as it is.',
  ),
  host(
    'conntrack-tcp-timeout-close-wait',
    'conntrack.tcpCloseWaitTimeout',
    kernelDuration,
    'How long it keeps one that a side has closed. 0: left as it is.',
  ),
  host(
    'conntrack-tcp-be-liberal',
    'conntrack.tcpBeLiberal',
    { kind: boolean },
    'Set nf_conntrack_tcp_be_liberal, and let forwarded packets pass that conntrack calls INVALID.',
  ),
  host(
    'conntrack-udp-timeout',
    'conntrack.udpTimeout',
    kernelDuration,
    'How long it keeps a UDP flow without an answer. 0: left as it is.',
  ),
  host(
    'conntrack-udp-timeout-stream',
    'conntrack.udpStreamTimeout',
    kernelDuration,
    'How long it keeps a UDP flow with answers. 0: left as it is.',
  ),
  host(
    'oom-score-adj',
    'oomScoreAdj',
    { kind: fieldKind('score', 'number', values.integer(-1000, 1000)) },
    'How gladly the kernel ends this process when memory runs out, from -1000 (never) to 1000.',
  ),
  more(
    'v',
    'logging.verbosity',
    { short: 'v', kind: fieldKind('level', 'number', values.integer(0)), winsOverFile: true },
    'How much is logged: 0-1 info, 2-4 debug (adds a line per sync), 5 and up trace (adds every client).',
  ),
  more(
    'logging-format',
    'logging.format',
    {
      kind: fieldKind('json|text', 'text', values.oneOf('text', 'json', '')),
      defaultMeaning: 'text on a terminal, else json',
      winsOverFile: true,
    },
    'One JSON object per line, or lines for people.',
  ),
];
