// http/sync-metrics.ts: histograms of the proxier's passes and of its conntrack work, under kube-proxy's names and with
// its labels and buckets. It observes the proxier, so it is made before it; all else is read from it at scrape time.
import { Counter, exponentialBuckets, Histogram, linearBuckets, Registry } from 'prom-client';
import { ipFamilies } from '../model/ip.js';
import type { ConntrackReport } from '../proxier/measured-conntrack.js';
import type { ProxierObserver } from '../proxier/status.js';

export interface SyncMetrics extends ProxierObserver {
  readonly registry: Registry;
  /** See measuredConntrack. */
  conntrackCleaned(report: ConntrackReport): void;
}

/** kube-proxy's for durations: 1 ms to 16 s. */
const durationBuckets = exponentialBuckets(0.001, 2, 15);

/** kube-proxy's: 0.25, 0.5, 1 to 59 by 1, 60 to 115 by 5, 120 to 300 by 30. */
const programmingBuckets = [
  0.25,
  0.5,
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];

export function createSyncMetrics(): SyncMetrics {
  const registry = new Registry();
  const labels = { labelNames: ['ip_family' as const], registers: [registry] };
  const duration = (name: string, help: string): Histogram<'ip_family'> =>
    new Histogram({ name: `kubeproxy_${name}`, help, buckets: durationBuckets, ...labels });
  const all = duration('sync_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds');
  const fullSyncs = duration(
    'sync_full_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds of full syncs: all rules are read back from the kernel',
  );
  const partialSyncs = duration(
    'sync_partial_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds of partial syncs: only what changed is looked at',
  );
  const programming = new Histogram({
    name: 'kubeproxy_network_programming_duration_seconds',
    help: 'Seconds from the change of a Service or its endpoints to its being in force',
    buckets: programmingBuckets,
    ...labels,
  });
  const conntrack = duration(
    'conntrack_reconciler_sync_duration_seconds',
    'Seconds that looking for stale conntrack entries and deleting them took',
  );
  const deleted = new Counter({
    name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
    help: 'Stale conntrack entries deleted',
    ...labels,
  });
  for (const ip_family of ipFamilies) deleted.inc({ ip_family }, 0);
  return {
    registry,
    syncFinished({ durationMs, full, programmingSeconds }) {
      for (const ip_family of ipFamilies) {
        // One pass brings both families up to date.
        all.observe({ ip_family }, durationMs / 1000);
        (full ? fullSyncs : partialSyncs).observe({ ip_family }, durationMs / 1000);
        for (const seconds of programmingSeconds[ip_family]) programming.observe({ ip_family }, seconds);
      }
    },
    conntrackCleaned({ ipFamily, durationMs, deleted: entries }) {
      conntrack.observe({ ip_family: ipFamily }, durationMs / 1000);
      deleted.inc({ ip_family: ipFamily }, entries);
    },
  };
}
