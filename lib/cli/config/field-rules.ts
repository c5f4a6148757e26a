// cli/config/field-rules.ts: what each field of KubeProxyConfiguration does here: when a change of it counts, or why it
// has no effect. Warnings, the help of flags and live changes all follow from this one table. Pure.
import type { FieldPath } from './field-path.js';
import type { KubeProxyConfiguration } from './schema.js';

export type FieldRule =
  | {
      /** When a change of the file counts: at once, or after a restart. */
      readonly change: 'live' | 'restart';
      /** Why this configuration does not use the field; undefined: it does. */
      readonly unused?: (config: KubeProxyConfiguration) => string | undefined;
    }
  | { readonly noEffect: string };

const live = { change: 'live' } as const;
const restart = { change: 'restart' } as const;
const none = (noEffect: string): FieldRule => ({ noEffect });

/** Sync periods stand in one section per mode; those of the configured mode count. */
const inMode = (section: 'iptables' | 'ipvs' | 'nftables'): FieldRule => ({
  change: 'live',
  unused: (config) => {
    const used = syncSectionOf(config);
    return used === section ? undefined : `${used}.* counts, by the proxy mode`;
  },
});

const whenDetecting = (mode: string): FieldRule => ({
  change: 'live',
  unused: ({ detectLocalMode }) =>
    detectLocalMode === mode ? undefined : `detectLocalMode is ${detectLocalMode}, not ${mode}`,
});

/** The section that holds the sync periods: ipvs' and nftables' in these modes. */
export function syncSectionOf({ mode }: KubeProxyConfiguration): 'iptables' | 'ipvs' | 'nftables' {
  return mode === 'ipvs' || mode === 'nftables' ? mode : 'iptables';
}

const noMark = none('nothing is masqueraded: an endpoint sees a connection that this node itself makes');
const noIpvs = none('there are no IPVS virtual servers: a listener of this process takes their place');
const noWindows = none('it is about Windows');
const atOnce = none('each line is written to stderr at once');
const jsonOnly = none('the API server is asked for JSON');
const unlimited = none(
  'the client makes one list and one watch for each kind of object, and has no limit to raise',
);

/** By path; every field but apiVersion and kind. */
export const fieldRules: Readonly<Record<FieldPath, FieldRule>> = {
  featureGates: none("kube-proxy's feature gates are about code that is not here"),
  'clientConnection.kubeconfig': restart,
  'clientConnection.acceptContentTypes': jsonOnly,
  'clientConnection.contentType': jsonOnly,
  'clientConnection.qps': unlimited,
  'clientConnection.burst': unlimited,
  'logging.format': restart,
  'logging.flushFrequency': atOnce,
  'logging.verbosity': live,
  'logging.vmodule': none('the whole program has one verbosity'),
  'logging.options.text.splitStream': none('the whole log goes to stderr'),
  'logging.options.text.infoBufferSize': atOnce,
  'logging.options.json.splitStream': none('the whole log goes to stderr'),
  'logging.options.json.infoBufferSize': atOnce,
  hostnameOverride: restart,
  bindAddress: restart,
  healthzBindAddress: restart,
  metricsBindAddress: restart,
  bindAddressHardFail: restart,
  enableProfiling: none(
    'the pprof handlers are those of Go programs: start Node.js with --cpu-prof or --inspect instead',
  ),
  showHiddenMetricsForVersion: none('no metric is hidden here'),
  mode: live,
  'iptables.masqueradeBit': noMark,
  'iptables.masqueradeAll': noMark,
  'iptables.localhostNodePorts': live,
  'iptables.syncPeriod': inMode('iptables'),
  'iptables.minSyncPeriod': inMode('iptables'),
  'ipvs.syncPeriod': inMode('ipvs'),
  'ipvs.minSyncPeriod': inMode('ipvs'),
  'ipvs.scheduler': none('endpoints take turns (round robin)'),
  'ipvs.excludeCIDRs': none('IPVS rules, of whomever, are never touched'),
  'ipvs.strictARP': none('no address is put on an interface, so there is no ARP to be strict about'),
  'ipvs.tcpTimeout': noIpvs,
  'ipvs.tcpFinTimeout': noIpvs,
  'ipvs.udpTimeout': noIpvs,
  'nftables.masqueradeBit': noMark,
  'nftables.masqueradeAll': noMark,
  'nftables.syncPeriod': inMode('nftables'),
  'nftables.minSyncPeriod': inMode('nftables'),
  'winkernel.networkName': noWindows,
  'winkernel.sourceVip': noWindows,
  'winkernel.enableDSR': noWindows,
  'winkernel.rootHnsEndpointName': noWindows,
  'winkernel.forwardHealthCheckVip': noWindows,
  detectLocalMode: live,
  'detectLocal.bridgeInterface': whenDetecting('BridgeInterface'),
  'detectLocal.interfaceNamePrefix': whenDetecting('InterfaceNamePrefix'),
  clusterCIDR: whenDetecting('ClusterCIDR'),
  nodePortAddresses: live,
  oomScoreAdj: live,
  'conntrack.maxPerCore': live,
  'conntrack.min': {
    change: 'live',
    unused: ({ conntrack }) =>
      conntrack.maxPerCore === 0 ? 'conntrack.maxPerCore is 0: the limit is left as it is' : undefined,
  },
  'conntrack.tcpEstablishedTimeout': live,
  'conntrack.tcpCloseWaitTimeout': live,
  'conntrack.tcpBeLiberal': live,
  'conntrack.udpTimeout': live,
  'conntrack.udpStreamTimeout': live,
  configSyncPeriod: none('objects are watched, and listed again whenever a watch is lost'),
  portRange: restart,
  udpIdleTimeout: restart,
  windowsRunAsService: noWindows,
};

/** Why a field does nothing in this configuration; undefined: it does something, or there is no such field. */
export function whyUnused(path: FieldPath, config: KubeProxyConfiguration): string | undefined {
  const rule = fieldRules[path];
  if (rule === undefined) return undefined;
  return 'noEffect' in rule ? rule.noEffect : rule.unused?.(config);
}
