// http/metrics.ts: everything that /metrics shows, as pieces of exposition text. Counters live with their owners and
// are read when somebody scrapes; nothing is counted twice.
import { setImmediate } from 'node:timers/promises';
import { Counter, Registry } from 'prom-client';
import type { ProxierStatus } from '../proxier/status.js';
import type { HealthEndpoint } from './health.js';
import { kubeProxyMetrics, type PacketCountReader } from './kube-proxy-metrics.js';
import { registerPlainMetric } from './plain-metric.js';
import { registerProcessMetrics } from './process-metrics.js';
import { proxierMetrics } from './proxier-metrics.js';
import { serviceMetricsText } from './service-metrics.js';
import { createServiceTotals } from './service-totals.js';
import type { SyncMetrics } from './sync-metrics.js';

export interface Metrics {
  /** For the header: prometheus' text format. */
  readonly contentType: string;
  /** One scrape. Lets the event loop run between the pieces, and goes on only when asked for the next. */
  text(): AsyncGenerator<string>;
  /** A health endpoint answered. */
  countHealth(endpoint: HealthEndpoint, code: number): void;
}

export interface MetricsOptions {
  readonly status: ProxierStatus;
  readonly sync: SyncMetrics;
  /** Why the data plane is the one it is, for people. */
  readonly dataPlaneReason: string;
  readonly packetCounts?: PacketCountReader | undefined;
}

const noPacketCounts: PacketCountReader = async () => undefined;

export function createMetrics(options: MetricsOptions): Metrics {
  const { status, sync, dataPlaneReason, packetCounts = noPacketCounts } = options;
  const registry = new Registry();
  const plain = [...kubeProxyMetrics(status, packetCounts), ...proxierMetrics(status, dataPlaneReason)];
  for (const metric of plain) registerPlainMetric(registry, metric);
  registerProcessMetrics(registry);
  const healthCounter = (endpoint: HealthEndpoint): Counter<'code'> =>
    new Counter({
      name: `kubeproxy_proxy_${endpoint}_total`,
      help: `Cumulative proxy ${endpoint} HTTP status`,
      labelNames: ['code'],
      registers: [registry],
    });
  const health = { healthz: healthCounter('healthz'), livez: healthCounter('livez') };
  const services = createServiceTotals();

  return {
    contentType: registry.contentType,
    async *text() {
      yield await sync.registry.metrics();
      yield await registry.metrics();
      for (const piece of serviceMetricsText(services.read(status.listeners()))) {
        yield piece;
        await setImmediate();
      }
    },
    countHealth(endpoint, code) {
      health[endpoint].inc({ code: String(code) });
    },
  };
}
