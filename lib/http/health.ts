// http/health.ts: what /healthz and /livez answer: kube-proxy's fields and times (without its status by IP family). Pure.
import type { SyncHealth } from '../proxier/status.js';

/** Ready to forward, or merely alive. */
export type HealthEndpoint = 'healthz' | 'livez';

export interface HealthAnswer {
  readonly code: 200 | 503;
  readonly body: {
    readonly lastUpdated: string;
    readonly currentTime: string;
    /** We don't look at the node's taints or deletion: it is never the Node that makes us unhealthy. */
    readonly nodeEligible: true;
    readonly healthy: boolean;
  };
}

/**
 * 503 until the first sync, and when one is overdue; but /livez is 200 while the source has not delivered its first
 * list: there is nothing to sync, and no restart would bring the API server back (kube-proxy is live then, too).
 * While healthy `lastUpdated` is the present, as in kube-proxy: "up to date now", not "something was written then"
 * (which the metrics tell).
 */
export function healthAnswer(endpoint: HealthEndpoint, health: SyncHealth, nowMs: number): HealthAnswer {
  const { lastUpdatedMs, lastQueuedMs } = health;
  const isWaiting = lastUpdatedMs === undefined && lastQueuedMs === undefined;
  const healthy = health.healthy || (endpoint === 'livez' && isWaiting);
  return {
    code: healthy ? 200 : 503,
    body: {
      lastUpdated: goTime(healthy ? nowMs : lastUpdatedMs),
      currentTime: goTime(nowMs),
      nodeEligible: true,
      healthy,
    },
  };
}

/** As Go prints a time.Time in UTC; undefined is its zero value. */
function goTime(ms: number | undefined): string {
  if (ms === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} +0000 UTC`;
}
