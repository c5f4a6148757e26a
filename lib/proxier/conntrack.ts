// proxier/conntrack.ts: what the proxier asks of the kernel's connection tracking. Implemented in conntrack/.
import type { IpFamily } from '../model/ip.js';

/** Entries of one portal that would keep a client where it should not be any more. */
export interface FlowPortal {
  readonly ipFamily: IpFamily;
  /** '' for a nodePort: entries at any address of this host. */
  readonly ip: string;
  readonly port: number;
  /** Entries that lead to one of these local ports are right and stay; empty: none is (refused, or the portal is gone). */
  readonly proxyPorts: readonly number[];
  /** Of a nodePort: the addresses that offer it; entries at others are wrong. Absent: all of this host do. */
  readonly addresses?: ReadonlySet<string>;
}

export interface Conntrack {
  /**
   * Deletes stale UDP entries of the given portals; how many were deleted. An entry that leads to an address which is
   * not (or no longer) among `localAddresses`, where they are given, is stale as well. What is absent is success. Never
   * rejects because the tool is missing: that is said once in the log, and 0 returned.
   */
  deleteStaleUdp(portals: readonly FlowPortal[], localAddresses?: ReadonlySet<string>): Promise<number>;
  /** The same for SCTP, of portals that lead to a proxy port: see proxier/sctp-cleaner.ts. */
  deleteStaleSctp(portals: readonly FlowPortal[], localAddresses?: ReadonlySet<string>): Promise<number>;
}
