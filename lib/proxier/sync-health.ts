// proxier/sync-health.ts: is the proxier keeping up? kube-proxy's rule (pkg/proxy/healthcheck/proxy_health.go): healthy
// once a sync succeeded and while no change has waited for longer than twice the sync period, in each IP family.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Clock } from './clock.js';
import type { FamilyHealth, SyncHealth } from './status.js';

export interface SyncHealthTracker {
  /** A change waits to be synced. */
  queued(): void;
  /** A sync that began at `startedAtMs` (Clock.now) has succeeded, but in the `failed` families. */
  updated(startedAtMs: number, failed?: ReadonlySet<IpFamily>): void;
  read(): SyncHealth;
}

const none: ReadonlySet<IpFamily> = new Set();

/** @param overdueMs after how many milliseconds a change has waited for too long, at the moment of the call */
export function syncHealthTracker(clock: Clock, overdueMs: () => number): SyncHealthTracker {
  /** When all families were up to date at once. */
  let lastUpdatedMs: number | undefined;
  let lastQueuedMs: number | undefined;
  const updatedMs = new Map<IpFamily, number>();
  const oldestPendingMs = new Map<IpFamily, number>();

  function pending(ipFamily: IpFamily, sinceMs: number): void {
    if (!oldestPendingMs.has(ipFamily)) oldestPendingMs.set(ipFamily, sinceMs);
  }

  function isOverdue(ipFamily: IpFamily): boolean {
    const sinceMs = oldestPendingMs.get(ipFamily);
    return sinceMs !== undefined && clock.now() - sinceMs > overdueMs();
  }

  return {
    queued() {
      lastQueuedMs = clock.now();
      for (const ipFamily of ipFamilies) pending(ipFamily, lastQueuedMs);
    },
    updated(startedAtMs, failed = none) {
      const nowMs = clock.now();
      // A change queued while the sync ran may not be part of it: it counts from the sync's start.
      const queuedDuringRun = lastQueuedMs !== undefined && lastQueuedMs > startedAtMs;
      for (const ipFamily of ipFamilies) {
        if (failed.has(ipFamily)) {
          // Nobody need have asked for this sync: what it found undone waits from now on.
          pending(ipFamily, nowMs);
          continue;
        }
        updatedMs.set(ipFamily, nowMs);
        oldestPendingMs.delete(ipFamily);
        if (queuedDuringRun) pending(ipFamily, startedAtMs);
      }
      if (failed.size === 0) lastUpdatedMs = nowMs;
      else lastQueuedMs = nowMs;
    },
    read() {
      const families: Partial<Record<IpFamily, FamilyHealth>> = {};
      for (const [ipFamily, atMs] of updatedMs) {
        families[ipFamily] = { healthy: !isOverdue(ipFamily), lastUpdatedMs: atMs };
      }
      const healthy = lastUpdatedMs !== undefined && !ipFamilies.some(isOverdue);
      return { healthy, lastUpdatedMs, lastQueuedMs, families };
    },
  };
}
