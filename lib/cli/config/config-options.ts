// cli/config/config-options.ts: what a KubeProxyConfiguration means to the program, in the units that its parts use. Pure.
import { cidrOf } from '../../model/cidr.js';
import { type IpFamily, looseIp } from '../../model/ip.js';
import type { DetectLocalMode } from '../../proxier/detect-local.js';
import type { NodePortAddresses } from '../../proxier/node-port-addresses.js';
import type { PortRange } from '../../proxier/port-allocator.js';
import { type BindAddress, parseBindAddress } from '../bind-address.js';
import { parseDurationMs } from '../duration.js';
import { parsePortRange } from '../port-range.js';
import { syncSectionOf } from './field-rules.js';
import type { KubeProxyConfiguration } from './schema.js';

/** The kernel's connection tracking, each raised and never lowered. Zero: left as it is. */
export interface ConntrackOptions {
  readonly maxPerCore: number;
  /** The least, whatever the number of cores. */
  readonly min: number;
  readonly tcpEstablishedTimeoutSeconds: number;
  readonly tcpCloseWaitTimeoutSeconds: number;
  readonly tcpBeLiberal: boolean;
  /** Of flows that saw no answer. */
  readonly udpTimeoutSeconds: number;
  readonly udpStreamTimeoutSeconds: number;
}

export interface ConfigOptions {
  readonly hostnameOverride: string | undefined;
  /** undefined: any free port. */
  readonly proxyPortRange: PortRange | undefined;
  readonly udpIdleTimeoutMs: number;
  readonly minSyncPeriodMs: number;
  readonly syncPeriodMs: number;
  /** undefined: no server. */
  readonly healthzBindAddress: BindAddress | undefined;
  readonly metricsBindAddress: BindAddress | undefined;
  /** Whether the program ends when one of the two can't be bound at the start. */
  readonly bindAddressHardFail: boolean;
  /** bindAddress, where it is one: what this node's main address of its family is taken to be. Canonical. */
  readonly nodeIp: string | undefined;
  readonly verbosity: number;
  readonly detectLocal: DetectLocalMode;
  /** As in kube-proxy, a family of which no CIDR was given has all of its addresses. */
  readonly nodePortAddresses: NodePortAddresses;
  readonly localhostNodePorts: boolean;
  /** Whether forwarded packets that conntrack calls INVALID are dropped: unless conntrack.tcpBeLiberal is set. */
  readonly dropInvalid: boolean;
}

export function configOptions(config: KubeProxyConfiguration): ConfigOptions {
  const { syncPeriod, minSyncPeriod } = config[syncSectionOf(config)];
  const nodeIp = looseIp(config.bindAddress);
  return {
    hostnameOverride: config.hostnameOverride === '' ? undefined : config.hostnameOverride,
    proxyPortRange: parsePortRange(config.portRange),
    udpIdleTimeoutMs: parseDurationMs(config.udpIdleTimeout),
    minSyncPeriodMs: parseDurationMs(minSyncPeriod),
    syncPeriodMs: parseDurationMs(syncPeriod),
    healthzBindAddress: parseBindAddress(config.healthzBindAddress, 10_256),
    metricsBindAddress: parseBindAddress(config.metricsBindAddress, 10_249),
    bindAddressHardFail: config.bindAddressHardFail,
    nodeIp: nodeIp === '0.0.0.0' || nodeIp === '::' ? undefined : nodeIp,
    verbosity: config.logging.verbosity,
    detectLocal: detectLocalOf(config),
    nodePortAddresses: nodePortAddressesOf(config),
    localhostNodePorts: config.iptables.localhostNodePorts,
    dropInvalid: !config.conntrack.tcpBeLiberal,
  };
}

export function conntrackOptions({ conntrack }: KubeProxyConfiguration): ConntrackOptions {
  return {
    maxPerCore: conntrack.maxPerCore,
    min: conntrack.min,
    tcpEstablishedTimeoutSeconds: seconds(conntrack.tcpEstablishedTimeout),
    tcpCloseWaitTimeoutSeconds: seconds(conntrack.tcpCloseWaitTimeout),
    tcpBeLiberal: conntrack.tcpBeLiberal,
    udpTimeoutSeconds: seconds(conntrack.udpTimeout),
    udpStreamTimeoutSeconds: seconds(conntrack.udpStreamTimeout),
  };
}

function seconds(duration: string): number {
  return Math.floor(parseDurationMs(duration, Number.POSITIVE_INFINITY) / 1000);
}

const longestInterfaceName = 15;

function detectLocalOf({
  detectLocalMode,
  detectLocal,
  clusterCIDR,
}: KubeProxyConfiguration): DetectLocalMode {
  const { bridgeInterface, interfaceNamePrefix } = detectLocal;
  switch (detectLocalMode) {
    case 'NodeCIDR':
      return { kind: 'node-cidrs' };
    case 'BridgeInterface':
      return { kind: 'interface', match: bridgeInterface };
    case 'InterfaceNamePrefix':
      // Of the longest name there is only one that begins so, and iptables has no room for the plus.
      return {
        kind: 'interface',
        match:
          interfaceNamePrefix.length < longestInterfaceName ? `${interfaceNamePrefix}+` : interfaceNamePrefix,
      };
    default:
      return clusterCIDR === ''
        ? { kind: 'none' }
        : { kind: 'cidrs', cidrs: byFamily(clusterCIDR.split(','), { IPv4: [], IPv6: [] }) };
  }
}

function nodePortAddressesOf({ mode, nodePortAddresses }: KubeProxyConfiguration): NodePortAddresses {
  if (nodePortAddresses.includes('primary')) return 'primary';
  if (nodePortAddresses.length > 0)
    return byFamily(nodePortAddresses, { IPv4: ['0.0.0.0/0'], IPv6: ['::/0'] });
  // What kube-proxy does in this mode: more addresses than before would be a door that nobody opened.
  return mode === 'nftables' ? 'primary' : 'all';
}

function byFamily(
  cidrs: readonly string[],
  otherwise: Readonly<Record<IpFamily, readonly string[]>>,
): Readonly<Record<IpFamily, readonly string[]>> {
  const of = (ipFamily: IpFamily): readonly string[] => {
    const texts = cidrs.flatMap((text) => {
      const cidr = cidrOf(text);
      return cidr?.ipFamily === ipFamily ? [cidr.text] : [];
    });
    return texts.length > 0 ? texts : otherwise[ipFamily];
  };
  return { IPv4: of('IPv4'), IPv6: of('IPv6') };
}
