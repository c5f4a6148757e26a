// http/kube-proxy-metrics.ts: kube-proxy's metrics that are read when somebody scrapes: its names, labels and meanings
// (1.36). Those that are observed as things happen are in sync-metrics.ts; docs/metrics.md lists those left out, and why.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import { countNoLocalEndpoints } from '../model/no-local-endpoints.js';
import type { RuleCounts } from '../proxier/rule-applier.js';
import type { ProxierStatus } from '../proxier/status.js';
import type { PlainMetric, Reading } from './plain-metric.js';

/** What the kernel counted at rules of ours. */
export interface PacketCounts {
  readonly invalidDropped: number;
  readonly localhostNodePorts: number;
}

/** Undefined: the kernel can't be asked at the moment. Never rejects. */
export type PacketCountReader = () => Promise<PacketCounts | undefined>;

const ipFamily = 'ip_family';

export function kubeProxyMetrics(
  status: ProxierStatus,
  packetCounts: PacketCountReader,
): readonly PlainMetric[] {
  return [
    ...syncMetrics(status),
    ...changeMetrics(status),
    ...ruleMetrics(status),
    {
      ...gauge(
        'sync_proxy_rules_no_local_endpoints_total',
        'Services with a Local traffic policy and no endpoint on this node',
        () => noLocalEndpoints(status),
      ),
      labelNames: [ipFamily, 'traffic_policy'],
    },
    counter(
      'iptables_ct_state_invalid_dropped_packets_total',
      'Forwarded packets that conntrack took for invalid, dropped by our rule',
      async () => (await packetCounts())?.invalidDropped,
    ),
    counter(
      'iptables_localhost_nodeports_accepted_packets_total',
      'New flows to nodePorts of loopback addresses',
      async () => (await packetCounts())?.localhostNodePorts,
    ),
  ];
}

function syncMetrics(status: ProxierStatus): readonly PlainMetric[] {
  return [
    byFamily(
      gauge(
        'sync_proxy_rules_last_timestamp_seconds',
        'The last time proxy rules were successfully synced',
        () => eachFamily((family) => seconds(status.syncHealth().families[family]?.lastUpdatedMs)),
      ),
    ),
    byFamily(
      gauge(
        'sync_proxy_rules_last_queued_timestamp_seconds',
        'The last time a sync of proxy rules was queued',
        () => eachFamily(() => seconds(status.syncHealth().lastQueuedMs)),
      ),
    ),
  ];
}

function changeMetrics(status: ProxierStatus): readonly PlainMetric[] {
  return [
    gauge(
      'sync_proxy_rules_service_changes_pending',
      'Pending proxy rules Service changes',
      () => status.stats().serviceChangesPending,
    ),
    counter(
      'sync_proxy_rules_service_changes_total',
      'Cumulative proxy rules Service changes',
      () => status.stats().serviceChangesTotal,
    ),
    gauge(
      'sync_proxy_rules_endpoint_changes_pending',
      'Pending proxy rules Endpoint changes',
      () => status.stats().endpointChangesPending,
    ),
    counter(
      'sync_proxy_rules_endpoint_changes_total',
      'Cumulative proxy rules Endpoint changes',
      () => status.stats().endpointChangesTotal,
    ),
  ];
}

function ruleMetrics(status: ProxierStatus): readonly PlainMetric[] {
  return [
    {
      ...gauge('sync_proxy_rules_iptables_total', 'Number of iptables rules that stand', () =>
        ruleSamples(status.stats().rulesTotal),
      ),
      labelNames: [ipFamily, 'table'],
    },
    {
      ...gauge('sync_proxy_rules_iptables_last', 'Number of iptables rules that the last sync wrote', () =>
        ruleSamples(status.stats().rulesLast),
      ),
      labelNames: [ipFamily, 'table'],
    },
    byFamily(
      counter('sync_proxy_rules_iptables_restore_failures_total', 'Cumulative failed iptables runs', () =>
        eachFamily((family) => status.stats().restoreFailuresTotal[family]),
      ),
    ),
    byFamily(
      counter(
        'sync_proxy_rules_iptables_partial_restore_failures_total',
        'Cumulative failed iptables runs of syncs that did not read all rules back',
        () => eachFamily((family) => status.stats().partialRestoreFailuresTotal[family]),
      ),
    ),
  ];
}

function gauge(name: string, help: string, read: PlainMetric['read']): PlainMetric {
  return { name: `kubeproxy_${name}`, help, type: 'gauge', read };
}

function counter(name: string, help: string, read: PlainMetric['read']): PlainMetric {
  return { name: `kubeproxy_${name}`, help, type: 'counter', read };
}

function byFamily(metric: PlainMetric): PlainMetric {
  return { ...metric, labelNames: [ipFamily] };
}

/** A family without a value has no sample. */
function eachFamily(read: (family: IpFamily) => number | undefined): Reading {
  return ipFamilies.flatMap((family) => {
    const value = read(family);
    return value === undefined ? [] : [{ labels: { [ipFamily]: family }, value }];
  });
}

function ruleSamples(counts: RuleCounts): Reading {
  return ipFamilies.flatMap((family) =>
    Object.entries(counts[family]).map(([table, value]) => ({
      labels: { [ipFamily]: family, table },
      value,
    })),
  );
}

function noLocalEndpoints(status: ProxierStatus): Reading {
  const snapshot = status.snapshot();
  return ipFamilies.flatMap((family) =>
    Object.entries(countNoLocalEndpoints(snapshot, family)).map(([policy, value]) => ({
      labels: { [ipFamily]: family, traffic_policy: policy },
      value,
    })),
  );
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
