// bench/scale/measurement.ts: what one trial yields. Milliseconds, MiB, percent of one CPU.
import type { OriginKind } from './origin.js';

export interface Measurement {
  readonly services: number;
  readonly origin: OriginKind;
  /** From the process's start to an answered connection to the last Service. */
  readonly coldStartMs: number;
  /** Sum of the syncs until the proxy was at rest. */
  readonly firstSyncMs: number;
  readonly syncsAtStart: number;
  readonly rules: number;
  readonly chains: number;
  /** At rest after the start; at the end, after scrapes and changes; the highest ever. */
  readonly rssMiB: number;
  readonly rssAtEndMiB: number;
  readonly peakMiB: number;
  /** Child processes included. */
  readonly idleCpuPercent: number;
  /** Medians of new connections to the last Service: until the handshake is done, and until an endpoint answers. */
  readonly podConnectMs: number;
  readonly podAnswerMs: number;
  readonly hostConnectMs: number;
  readonly hostAnswerMs: number;
  readonly serviceAdded: Change;
  readonly endpointChanged: Change;
  /** As coldStartMs, with the rules of the run before standing. */
  readonly restartMs: number;
  /** The longest standstill of the event loop: until the proxy was at rest, and while one Service was added. */
  readonly startStallMs: number;
  readonly changeStallMs: number;
}

export interface Change {
  /** From the change at the origin to a connection that shows it. */
  readonly elapsedMs: number;
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
  /** Of the syncs it led to. */
  readonly syncMs: number;
}
