// http/health.ts: what /healthz and /livez answer: kube-proxy's (1.36) fields, times and rules. Pure.
import type { NodeFacts } from '../model/node-facts.js';
import type { SyncHealth } from '../proxier/status.js';

/** Ready to forward, or merely alive. */
export type HealthEndpoint = 'healthz' | 'livez';

export interface HealthAnswer {
  readonly code: 200 | 503;
  readonly body: HealthBody;
}

interface FamilyBody {
  readonly lastUpdated: string;
  readonly healthy: boolean;
}

/** In the order in which kube-proxy writes the fields. */
interface HealthBody {
  readonly lastUpdated: string;
  readonly currentTime: string;
  /** Of /healthz alone. False: see NodeFacts.eligible. */
  readonly nodeEligible?: boolean;
  /** Of the proxier alone, whatever becomes of the Node. */
  readonly healthy: boolean;
  /** By IP family; absent before the first sync. */
  readonly status?: Readonly<Record<string, FamilyBody>>;
}

/**
 * 503 until the first sync, and when one is overdue; but /livez is 200 while the source has not delivered its first
 * list: there is nothing to sync, and no restart would bring the API server back (kube-proxy is live then, too).
 * /healthz is 503 as well when the Node goes away, so that load balancers look elsewhere while connections end.
 * While it is 200 `lastUpdated` is the present, as in kube-proxy: "up to date now", not "something was written then"
 * (which the metrics tell).
 */
export function healthAnswer(
  endpoint: HealthEndpoint,
  health: SyncHealth,
  { eligible }: Pick<NodeFacts, 'eligible'>,
  nowMs: number,
): HealthAnswer {
  const { lastUpdatedMs, lastQueuedMs, families } = health;
  const isWaiting = lastUpdatedMs === undefined && lastQueuedMs === undefined;
  const healthy = health.healthy || (endpoint === 'livez' && isWaiting);
  const isFine = healthy && (endpoint === 'livez' || eligible);
  const status = Object.entries(families).map(
    ([ipFamily, { healthy, lastUpdatedMs }]): readonly [string, FamilyBody] => [
      ipFamily,
      { lastUpdated: goTime(lastUpdatedMs), healthy },
    ],
  );
  return {
    code: isFine ? 200 : 503,
    body: {
      lastUpdated: goTime(isFine ? nowMs : lastUpdatedMs),
      currentTime: goTime(nowMs),
      ...(endpoint === 'healthz' && { nodeEligible: eligible }),
      healthy,
      ...(status.length > 0 && { status: Object.fromEntries(status) }),
    },
  };
}

/** As Go writes a time.Time in JSON (RFC 3339, no zeros at the end of the fraction); undefined is its zero value. */
function goTime(ms: number | undefined): string {
  if (ms === undefined) return '0001-01-01T00:00:00Z';
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
