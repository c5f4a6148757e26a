// http/sync-metrics.ts: histograms of the proxier's passes, under kube-proxy's names and with its buckets.
// It observes the proxier, so it is made before it; everything else is read from the proxier at scrape time.
import { exponentialBuckets, Histogram, linearBuckets, Registry } from 'prom-client';
import type { ProxierObserver } from '../proxier/status.js';

export interface SyncMetrics extends ProxierObserver {
  readonly registry: Registry;
}

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
  const registers = [registry];
  const duration = new Histogram({
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    help: 'SyncProxyRules latency in seconds',
    buckets: exponentialBuckets(0.001, 2, 15),
    registers,
  });
  const programming = new Histogram({
    name: 'kubeproxy_network_programming_duration_seconds',
    help: 'Seconds from the change of a Service or its endpoints to its being in force',
    buckets: programmingBuckets,
    registers,
  });
  return {
    registry,
    syncFinished({ durationMs, programmingSeconds }) {
      duration.observe(durationMs / 1000);
      for (const seconds of programmingSeconds) programming.observe(seconds);
    },
  };
}
