// proxier/status.ts: what the proxier shows of itself to http/ and the CLI. Read-only, cheap, never waits for a sync.
import type { IpFamily } from '../model/ip.js';
import type { ServicePortName } from '../model/service-port-name.js';
import type { Snapshot } from '../model/snapshot.js';
import type { DataPlaneTotals, ListenError, Listener } from './data-plane.js';
import type { SctpTotals } from './sctp-relay.js';
import type { SourceHealth } from './source.js';

export interface SyncHealth {
  /** False until the first sync succeeded, and when one is overdue (queued, and not done for 2 x syncPeriod). */
  readonly healthy: boolean;
  /** Milliseconds since the epoch; undefined before the first. */
  readonly lastUpdatedMs: number | undefined;
  readonly lastQueuedMs: number | undefined;
}

/** Counters since the start; `pending` are gauges. Names follow kube-proxy's metrics. */
export interface SyncStats {
  readonly serviceChangesPending: number;
  readonly serviceChangesTotal: number;
  readonly endpointChangesPending: number;
  readonly endpointChangesTotal: number;
  /** Runs of iptables that failed while rules were applied, reading or writing. */
  readonly restoreFailuresTotal: number;
  /** Rule lines that stand, by table. */
  readonly rulesTotal: Readonly<Record<'nat' | 'filter', number>>;
  /** Rule lines written and deleted since the start, all tables together. */
  readonly rulesWrittenTotal: number;
  readonly rulesDeletedTotal: number;
  /** How often somebody else's change to our rules was noticed. */
  readonly driftsTotal: number;
  readonly conntrackDeletedTotal: number;
}

/** One finished pass, for histograms. */
export interface SyncReport {
  readonly durationMs: number;
  readonly ok: boolean;
  readonly finishedAtMs: number;
  /** Seconds from the API's change (endpoints.kubernetes.io/last-change-trigger-time) to its being in force. */
  readonly programmingSeconds: readonly number[];
}

/** A ServicePort that is known and not served, or served with a doubt, and why. */
export interface ServiceProblem {
  /** `ns/name:port/TCP/IPv4`, or `Service ns/name` where no ServicePort came to be. */
  readonly subject: string;
  readonly message: string;
  /** For metrics, where a ServicePort has no listener at all: which, and why in one of few words. */
  readonly notServed?: NotServed;
}

export interface NotServed {
  readonly servicePortName: ServicePortName;
  readonly ipFamily: IpFamily;
  readonly reason: ListenError['reason'];
}

export interface ProxierStatus {
  readonly dataPlane: 'node' | 'linux';
  sourceHealth(): SourceHealth;
  syncHealth(): SyncHealth;
  stats(): SyncStats;
  snapshot(): Snapshot;
  listeners(): Iterable<Listener>;
  totals(): DataPlaneTotals;
  /** Undefined: no listener for SCTP was opened so far. */
  sctpTotals(): SctpTotals | undefined;
  problems(): readonly ServiceProblem[];
}

export interface ProxierObserver {
  syncFinished(report: SyncReport): void;
}
