// proxier/conntrack.ts: what the proxier asks of the kernel's connection tracking. Implemented in conntrack/.
import type { IpFamily } from '../model/ip.js';

/** UDP entries of one portal that would keep a client where it should not be any more. */
export interface UdpPortal {
  readonly ipFamily: IpFamily;
  readonly ip: string;
  readonly port: number;
  /** Entries that lead to this local port are right and stay; undefined: none is (refused, or the Service is gone). */
  readonly proxyPort?: number;
}

export interface Conntrack {
  /**
   * Deletes stale UDP entries of the given portals; how many were deleted. An entry that leads to an address which is
   * not (or no longer) among `localAddresses`, where they are given, is stale as well. What is absent is success. Never rejects because the
   * tool is missing: that is said once in the log, and 0 returned.
   */
  deleteStaleUdp(portals: readonly UdpPortal[], localAddresses?: ReadonlySet<string>): Promise<number>;
  /** The same for SCTP, of portals that lead to a proxy port: see proxier/sctp-cleaner.ts. */
  deleteStaleSctp(portals: readonly SctpPortal[]): Promise<number>;
}

export type SctpPortal = Required<UdpPortal>;
