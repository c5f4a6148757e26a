// cli/config/schema.ts: the shape of kube-proxy's configuration file, kubeproxy.config.k8s.io/v1alpha1, with every field
// of kube-proxy 1.36 and two of 1.25's userspace mode (udpIdleTimeout, portRange). What fields do: field-rules.ts.
// As in kube-proxy, null is absent, and so is a zero, but for the fields that are pointers there (`given`).
import { z } from 'zod';
import { parseDurationMs } from '../duration.js';
import * as values from './field-values.js';

export const apiVersion = 'kubeproxy.config.k8s.io/v1alpha1';
export const kind = 'KubeProxyConfiguration';

const isNil = (value: unknown) => value === null || value === undefined;

function otherwise<T extends z.ZodType>(byDefault: unknown, schema: T, isUnset: (value: unknown) => boolean) {
  return z.preprocess((value) => (isUnset(value) ? byDefault : value), schema);
}

/** Only null and absent mean the default: a zero says something. */
const given = <T extends z.ZodType>(byDefault: unknown, schema: T) => otherwise(byDefault, schema, isNil);

const text = <T extends z.ZodType>(byDefault: string, schema: T) =>
  otherwise(byDefault, schema, (value) => isNil(value) || value === '');
const plain = (byDefault = '') => text(byDefault, values.text);
const number = <T extends z.ZodType>(byDefault: number, schema: T) =>
  otherwise(byDefault, schema, (value) => isNil(value) || value === 0);
const duration = <T extends z.ZodType>(byDefault: string, schema: T) =>
  otherwise(byDefault, schema, (value) => isNil(value) || value === 0 || isZeroDuration(value));
const off = given(false, values.flag);

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const object = z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'expected a mapping'),
  });
  return z.preprocess((value) => value ?? {}, object);
}

function isZeroDuration(value: unknown): boolean {
  try {
    return typeof value === 'string' && parseDurationMs(value) === 0;
  } catch {
    return false;
  }
}

const syncPeriods = {
  syncPeriod: duration('30s', values.period),
  // kube-proxy: 1s. Here a change should be in force sooner, and a sync costs only what changed.
  minSyncPeriod: duration('100ms', values.duration),
};
const masquerade = {
  masqueradeBit: given(14, values.integer(0, 31)),
  masqueradeAll: off,
};
const output = section({ splitStream: off, infoBufferSize: given('0', values.quantity) });

export const configSchema = section({
  apiVersion: given(apiVersion, z.literal(apiVersion)),
  kind: given(kind, z.literal(kind)),
  featureGates: given({}, values.featureGates),
  clientConnection: section({
    kubeconfig: plain(),
    acceptContentTypes: plain(),
    contentType: plain('application/vnd.kubernetes.protobuf'),
    qps: number(5, values.number),
    burst: number(10, values.integer(0)),
  }),
  logging: section({
    // '': text on a terminal, else json.
    format: text('', values.oneOf('text', 'json', '')),
    flushFrequency: duration('5s', values.durationOrNanoseconds),
    verbosity: given(0, values.integer(0)),
    vmodule: given(
      [],
      values.list(section({ filePattern: given('', values.text), verbosity: given(0, values.integer(0)) })),
    ),
    options: section({ text: output, json: output }),
  }),
  hostnameOverride: text('', values.nodeName),
  bindAddress: text('0.0.0.0', values.ipAddress),
  // Of these two the defaults depend on bindAddress: addressDefaults() below.
  healthzBindAddress: text('', values.address(10_256)),
  metricsBindAddress: text('', values.address(10_249)),
  bindAddressHardFail: off,
  enableProfiling: off,
  showHiddenMetricsForVersion: text('', values.minorVersion),
  mode: text('userspace', values.oneOf('userspace', 'iptables', 'ipvs', 'nftables', '')),
  iptables: section({
    ...masquerade,
    localhostNodePorts: given(true, values.flag),
    ...syncPeriods,
  }),
  ipvs: section({
    ...syncPeriods,
    scheduler: plain(),
    excludeCIDRs: given([], values.list(values.cidr)),
    strictARP: off,
    tcpTimeout: duration('0s', values.kernelDuration),
    tcpFinTimeout: duration('0s', values.kernelDuration),
    udpTimeout: duration('0s', values.kernelDuration),
  }),
  nftables: section({ ...masquerade, ...syncPeriods }),
  winkernel: section({
    networkName: plain(),
    sourceVip: plain(),
    enableDSR: off,
    rootHnsEndpointName: plain(),
    forwardHealthCheckVip: off,
  }),
  detectLocalMode: text(
    'ClusterCIDR',
    values.oneOf('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', ''),
  ),
  detectLocal: section({
    bridgeInterface: text('', values.interfaceName),
    interfaceNamePrefix: text('', values.interfaceName),
  }),
  clusterCIDR: text('', values.clusterCidr),
  nodePortAddresses: given([], values.nodePortAddresses),
  oomScoreAdj: given(-999, values.integer(-1000, 1000)),
  conntrack: section({
    maxPerCore: given(32_768, values.integer(0)),
    min: given(131_072, values.integer(0)),
    tcpEstablishedTimeout: given('24h0m0s', values.kernelDuration),
    tcpCloseWaitTimeout: given('1h0m0s', values.kernelDuration),
    tcpBeLiberal: off,
    udpTimeout: duration('0s', values.kernelDuration),
    udpStreamTimeout: duration('0s', values.kernelDuration),
  }),
  configSyncPeriod: duration('15m0s', values.period),
  portRange: text('', values.portRange),
  // kube-proxy 1.25: 250ms, which loses every reply that takes longer.
  udpIdleTimeout: duration('30s', values.period),
  windowsRunAsService: off,
});

type Data<T> = T extends (infer Item)[]
  ? readonly Data<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Data<T[Key]> }
    : T;

/** Every field has a value. Durations are in Go's spelling: as JSON this is what the API has. */
export type KubeProxyConfiguration = Data<z.output<typeof configSchema>>;

/** Where the HTTP servers are if nothing is said: on all addresses, and on this host's own, of bindAddress' family. */
export function addressDefaults(
  bindAddress: string,
): Pick<KubeProxyConfiguration, 'healthzBindAddress' | 'metricsBindAddress'> {
  return bindAddress.includes(':')
    ? { healthzBindAddress: '[::]:10256', metricsBindAddress: '[::1]:10249' }
    : { healthzBindAddress: '0.0.0.0:10256', metricsBindAddress: '127.0.0.1:10249' };
}

/** What an absent file and no flags come to. */
export function defaultConfig(bindAddress = '0.0.0.0'): KubeProxyConfiguration {
  return { ...configSchema.parse({ bindAddress }), ...addressDefaults(bindAddress) };
}
