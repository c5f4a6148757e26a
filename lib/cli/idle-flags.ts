// cli/idle-flags.ts: flags that kube-proxy has, or had up to 1.25, and that have no effect here. They are accepted, so
// that a command line need not change; one that asks for something is answered with why nothing comes of it.
import { fieldRules } from './config/field-rules.js';
import * as values from './config/field-values.js';
import { fieldKind } from './field-kind.js';
import type { ConfigFlag, Flag, ValueKind } from './flag.js';
import { boolean } from './value-kinds.js';

const group = 'Accepted since kube-proxy has them, without effect here';

/** Anything: kube-proxy would check it, and here nothing depends on it. */
const anything: ValueKind<string> = { placeholder: 'value', parse: (value) => value };
const duration = fieldKind('duration', 'text', values.kernelDuration);
const bit = fieldKind('bit', 'number', values.integer(0, 31));

/** Without effect since the field it stands for has none. */
function idle(name: string, field: string, kind: ValueKind<unknown>): ConfigFlag {
  const rule = fieldRules[field];
  const why = rule !== undefined && 'noEffect' in rule ? rule.noEffect : '';
  const flag: ConfigFlag = { name, fields: [field], kind, group, meaning: sentence(why) };
  // The one kind of flag that kube-proxy heeds beside a file.
  return field.startsWith('logging.') ? { ...flag, winsOverFile: true } : flag;
}

export const idleConfigFlags: readonly ConfigFlag[] = [
  idle('feature-gates', 'featureGates', fieldKind('gate=true,…', 'gates', values.featureGates)),
  idle('kube-api-content-type', 'clientConnection.contentType', anything),
  idle('kube-api-qps', 'clientConnection.qps', fieldKind('count', 'number', values.number)),
  idle('kube-api-burst', 'clientConnection.burst', fieldKind('count', 'number', values.integer(0))),
  idle('profiling', 'enableProfiling', boolean),
  idle(
    'show-hidden-metrics-for-version',
    'showHiddenMetricsForVersion',
    fieldKind('version', 'text', values.minorVersion),
  ),
  idle('iptables-masquerade-bit', 'iptables.masqueradeBit', bit),
  idle('masquerade-all', 'iptables.masqueradeAll', boolean),
  idle('ipvs-scheduler', 'ipvs.scheduler', anything),
  idle('ipvs-exclude-cidrs', 'ipvs.excludeCIDRs', fieldKind('cidrs', 'list', values.list(values.cidr))),
  idle('ipvs-strict-arp', 'ipvs.strictARP', boolean),
  idle('ipvs-tcp-timeout', 'ipvs.tcpTimeout', duration),
  idle('ipvs-tcpfin-timeout', 'ipvs.tcpFinTimeout', duration),
  idle('ipvs-udp-timeout', 'ipvs.udpTimeout', duration),
  idle('config-sync-period', 'configSyncPeriod', fieldKind('duration', 'text', values.period)),
  idle('log-flush-frequency', 'logging.flushFrequency', fieldKind('duration', 'text', values.duration)),
  idle('log-text-split-stream', 'logging.options.text.splitStream', boolean),
  idle(
    'log-text-info-buffer-size',
    'logging.options.text.infoBufferSize',
    fieldKind('size', 'text', values.quantity),
  ),
  idle('log-json-split-stream', 'logging.options.json.splitStream', boolean),
  idle(
    'log-json-info-buffer-size',
    'logging.options.json.infoBufferSize',
    fieldKind('size', 'text', values.quantity),
  ),
  idle('network-name', 'winkernel.networkName', anything),
  idle('source-vip', 'winkernel.sourceVip', anything),
  idle('enable-dsr', 'winkernel.enableDSR', boolean),
  idle('root-hnsendpoint-name', 'winkernel.rootHnsEndpointName', anything),
  idle('forward-healthcheck-vip', 'winkernel.forwardHealthCheckVip', boolean),
  idle('windows-service', 'windowsRunAsService', boolean),
];

/** A flag that stands for no field. */
export interface IdleFlag extends Flag {
  readonly why: string;
}

const toStderr = 'the log goes to stderr, whole and without a file';
const noReason = 'nothing here depends on it';

function useless(name: string, kind: ValueKind<unknown>, why: string): IdleFlag {
  return { name, kind, why, group, meaning: sentence(why) };
}

export const idleFlags: readonly IdleFlag[] = [
  useless('master', anything, "the API server's address is the kubeconfig's: write it there"),
  useless('vmodule', anything, 'the whole program has one verbosity'),
  ...['log-dir', 'log-file', 'log-file-max-size', 'log-backtrace-at', 'stderrthreshold'].map((name) =>
    useless(name, anything, toStderr),
  ),
  ...[
    'logtostderr',
    'alsologtostderr',
    'one-output',
    'skip-headers',
    'skip-log-headers',
    'add-dir-header',
  ].map((name) => useless(name, boolean, toStderr)),
  useless('boot-id-file', anything, noReason),
  useless('machine-id-file', anything, noReason),
];

function sentence(why: string): string {
  return `No effect: ${why}.`;
}
