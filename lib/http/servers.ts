// http/servers.ts: the HTTP side of the program: the health server and the metrics server, with kube-proxy's paths.
import type { Hono } from 'hono';
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';
import type { ProxierStatus } from '../proxier/status.js';
import { type BindAddress, type BoundServer, startBoundServer } from './bound-server.js';
import type { PacketCounts } from './kube-proxy-metrics.js';
import { createMetrics } from './metrics.js';
import { packetCountReader } from './packet-count-reader.js';
import { healthRoutes, metricsRoutes } from './routes.js';
import type { SyncMetrics } from './sync-metrics.js';

export interface HttpServersOptions {
  readonly status: ProxierStatus;
  readonly syncMetrics: SyncMetrics;
  /** Why the data plane is the one it is, for people. */
  readonly dataPlaneReason: string;
  /** Asks the kernel, when somebody scrapes; may reject. Absent: its two metrics have no sample. */
  readonly packetCounts?: () => Promise<PacketCounts>;
  /** See RouteOptions. Absent: there is no /configz. */
  readonly configz?: () => Readonly<Record<string, unknown>>;
  /** Where /healthz and /livez are; undefined: nowhere. kube-proxy's default: 0.0.0.0:10256. */
  readonly healthzBindAddress: BindAddress | undefined;
  /** Where /metrics, /configz, /healthz and /proxyMode are; undefined: nowhere. kube-proxy's default: 127.0.0.1:10249. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two attempts to bind. @default 5000 */
  readonly retryMs?: number;
}

export interface HttpServers {
  /** undefined where no address was given. */
  readonly health: BoundServer | undefined;
  readonly metrics: BoundServer | undefined;
  close(): Promise<void>;
}

/** Starts both; never throws because an address can't be had (see BoundServer.firstBind). */
export function startHttpServers(options: HttpServersOptions): HttpServers {
  const { status, syncMetrics, clock, log, healthzBindAddress, metricsBindAddress, retryMs = 5000 } = options;
  const { configz, dataPlaneReason } = options;
  const packetCounts = options.packetCounts && packetCountReader(options.packetCounts, clock, log);
  const metrics = createMetrics({ status, sync: syncMetrics, dataPlaneReason, packetCounts });
  const routes = { status, metrics, clock, configz };
  const start = (name: string, app: Hono, address: BindAddress | undefined): BoundServer | undefined =>
    address && startBoundServer({ name, app, address, log, clock, retryMs });
  const health = start('healthz', healthRoutes(routes), healthzBindAddress);
  const metricsServer = start('metrics', metricsRoutes(routes), metricsBindAddress);
  return {
    health,
    metrics: metricsServer,
    async close() {
      await Promise.all([health?.close(), metricsServer?.close()]);
    },
  };
}
