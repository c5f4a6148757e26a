// proxier/status.ts: what the proxier shows of itself to http/ and the CLI. Read-only, cheap, never waits for a sync.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { IpFamily } from '../model/ip.js';
import type { NodeFacts } from '../model/node-facts.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import type { ServicePortName } from '../model/service-port-name.js';
import type { Snapshot } from '../model/snapshot.js';
import type { TrafficScope } from '../model/traffic-scope.js';
import type { DataPlaneTotals, ListenError, Listener } from './data-plane.js';
import type { RulesPlan } from './plan.js';
import type { ApplyReport, Disposition, PortalWay, RuleCounts } from './rule-applier.js';
import type { SctpTotals } from './sctp-relay.js';
import type { SourceHealth } from './source.js';

export interface SyncHealth {
  /** False until the first sync succeeded, and when one is overdue (queued, and not done for 2 x syncPeriod). */
  readonly healthy: boolean;
  /** Milliseconds since the epoch; undefined before the first. */
  readonly lastUpdatedMs: number | undefined;
  readonly lastQueuedMs: number | undefined;
  /** Of each family whose rules were brought up to date at least once. */
  readonly families: Readonly<Partial<Record<IpFamily, FamilyHealth>>>;
}

export interface FamilyHealth {
  readonly healthy: boolean;
  /** Milliseconds since the epoch. */
  readonly lastUpdatedMs: number;
}

/** Counters since the start; `pending` are gauges. Names follow kube-proxy's metrics. */
export interface SyncStats {
  readonly serviceChangesPending: number;
  readonly serviceChangesTotal: number;
  readonly endpointChangesPending: number;
  readonly endpointChangesTotal: number;
  /** Runs of iptables that failed while rules were applied, reading or writing. */
  readonly restoreFailuresTotal: Readonly<Record<IpFamily, number>>;
  /** Those of them in partial syncs. */
  readonly partialRestoreFailuresTotal: Readonly<Record<IpFamily, number>>;
  /** Rule lines that stand. */
  readonly rulesTotal: RuleCounts;
  /** Rule lines that the last sync wrote. */
  readonly rulesLast: RuleCounts;
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
  /** Families whose rules could not be brought to the desired state. */
  readonly failures: ApplyReport['failures'];
  /** All rules were read back from the kernel; else (a partial one) only what changed was looked at. */
  readonly full: boolean;
  /**
   * By family, seconds from the API's change (endpoints.kubernetes.io/last-change-trigger-time) to its being in force;
   * empty where the family's rules could not be written.
   */
  readonly programmingSeconds: Readonly<Record<IpFamily, readonly number[]>>;
}

/** A ServicePort that is known and not served, or served with a doubt, and why. */
export interface ServiceProblem {
  /** `ns/name:port/TCP/IPv4`, or `Service ns/name` where no ServicePort came to be. */
  readonly subject: string;
  readonly message: string;
  /** Absent: it is of the object as it is written, or of its claims against others. */
  readonly kind?: 'endpoint-refused' | 'no-listener' | 'nodePort';
  /** For metrics, where a ServicePort has no listener at all: which, and why in one of few words. */
  readonly notServed?: NotServed;
}

export interface NotServed {
  readonly servicePortName: ServicePortName;
  readonly ipFamily: IpFamily;
  readonly reason: ListenError['reason'];
}

/** Where a portal's clients are led, and what becomes of them. */
export interface WayStatus extends PortalWay {
  readonly scope: TrafficScope;
  readonly disposition: Disposition;
}

export interface PortalStatus extends PortalAddress {
  /** As Portal.ways. Empty: no rule leads from it to a listener; a problem says why, or the next sync brings it. */
  readonly ways: readonly WayStatus[];
}

export interface ListenerStatus {
  /** Whose endpoints it has. */
  readonly scope: TrafficScope;
  /** It holds the nodePort, and no rule leads to it. */
  readonly claim: boolean;
  readonly port: number;
  /** What becomes of new clients. */
  readonly disposition: Disposition;
  readonly listener: Listener;
}

/** One ServicePort: how it is reached, by what, and what it has to offer. */
export interface ServicePortStatus {
  readonly servicePort: ServicePort;
  /** All that it has, the clusterIP first; those it lost to another Service are among the problems. */
  readonly portals: readonly PortalStatus[];
  readonly listeners: readonly ListenerStatus[];
  /** As listeners were given them: without those that would lead back to this proxy. */
  readonly endpoints: UsableEndpoints;
  /** Why it, or one of its portals, is not served, or served with a doubt: its own and those of its Service. */
  readonly problems: readonly ServiceProblem[];
}

export interface ProxierStatus {
  readonly dataPlane: 'node' | 'linux';
  sourceHealth(): SourceHealth;
  syncHealth(): SyncHealth;
  stats(): SyncStats;
  snapshot(): Snapshot;
  /** What is known of the node that this program runs on. */
  node(): NodeFacts;
  /** Of every ServicePort of the snapshot, made while it is read. */
  servicePorts(): Iterable<ServicePortStatus>;
  /** By ServicePort key; undefined: it is in no snapshot. */
  servicePort(key: string): ServicePortStatus | undefined;
  /** The rules as they were last asked for, with what they were made from; undefined before the first sync. */
  plan(): RulesPlan | undefined;
  /** All that are open, claims too. */
  listeners(): Iterable<Listener>;
  totals(): DataPlaneTotals;
  /** Undefined: no listener for SCTP was opened so far. */
  sctpTotals(): SctpTotals | undefined;
  problems(): readonly ServiceProblem[];
}

export interface ProxierObserver {
  syncFinished(report: SyncReport): void;
}
