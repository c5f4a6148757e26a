// proxier/host-network.ts: what the proxier must know of this host's addresses. Implemented in host/.
import type { IpFamily } from '../model/ip.js';

export interface HostNetworkState {
  /** Canonical; loopback included. */
  readonly localAddresses: ReadonlySet<string>;
  /** The address for DNAT: this host's main one of the family (not loopback, not link-local), if it has any. */
  readonly nodeAddress: Readonly<Partial<Record<IpFamily, string>>>;
  /**
   * Interfaces that are up, are no bridge or bond ports, and have no address of the family: REDIRECT can't work for
   * packets that arrive there.
   */
  readonly withoutAddress: Readonly<Record<IpFamily, readonly string[]>>;
  /** The kernel's own SCTP is loaded: it answers what comes for ours, unless a rule keeps it quiet. */
  readonly kernelSctp: boolean;
}

export interface HostNetwork {
  /** Reads the host; the same object again when nothing changed. Cheap enough to call each second. */
  read(): Promise<HostNetworkState>;
}
