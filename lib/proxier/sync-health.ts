// proxier/sync-health.ts: is the proxier keeping up? kube-proxy's rule (pkg/proxy/healthcheck/proxy_health.go): healthy
// once a sync succeeded and while no change has waited for longer than twice the sync period.
import type { Clock } from './clock.js';
import type { SyncHealth } from './status.js';

export interface SyncHealthTracker {
  /** A change waits to be synced. */
  queued(): void;
  /** A sync that began at `startedAtMs` (Clock.now) has succeeded. */
  updated(startedAtMs: number): void;
  read(): SyncHealth;
}

export function syncHealthTracker(clock: Clock, overdueMs: number): SyncHealthTracker {
  let lastUpdatedMs: number | undefined;
  let lastQueuedMs: number | undefined;
  let oldestPendingMs: number | undefined;
  return {
    queued() {
      lastQueuedMs = clock.now();
      oldestPendingMs ??= lastQueuedMs;
    },
    updated(startedAtMs) {
      lastUpdatedMs = clock.now();
      // A change queued while the sync ran may not be part of it: it counts from the sync's start.
      const queuedDuringRun = lastQueuedMs !== undefined && lastQueuedMs > startedAtMs;
      oldestPendingMs = queuedDuringRun ? startedAtMs : undefined;
    },
    read() {
      const overdue = oldestPendingMs !== undefined && clock.now() - oldestPendingMs > overdueMs;
      return { healthy: lastUpdatedMs !== undefined && !overdue, lastUpdatedMs, lastQueuedMs };
    },
  };
}
