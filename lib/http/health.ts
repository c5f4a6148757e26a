// http/health.ts: what /healthz and /livez answer, as kube-proxy 1.36 does. Pure.
import type { SyncHealth } from '../proxier/status.js';

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
 * 503 until the first sync, and when one is overdue. While healthy `lastUpdated` is the present, as in kube-proxy:
 * "up to date now", not "something was written then" (which the metrics tell).
 */
export function healthAnswer(health: SyncHealth, nowMs: number): HealthAnswer {
  const { healthy, lastUpdatedMs } = health;
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
