// proxier/sctp-relay.ts: what the proxier must know of the SCTP relay besides its listeners: which ports it takes for
// itself, whose its sockets are, and what it counts as a whole. Filled in by compose/ and by the data plane.
import type { PortRange } from './port-allocator.js';

export interface SctpRelay {
  /** From which it talks to endpoints: no listener for SCTP gets one of these. */
  readonly relayPorts: PortRange;
  /** The user that its raw sockets belong to (this process's effective one). */
  readonly uid: number;
}

/** Of the relay as a whole; only ever growing unless marked as gauge. */
export interface SctpTotals {
  /** Gauges: associations in the table, whatever their state; those of them whose handshake is under way. */
  readonly flows: number;
  readonly halfOpen: number;
  /** Gauge: associations that are up. */
  readonly open: number;
  /** Packets whose checksum was wrong. */
  readonly badChecksum: number;
  /** Packets that break the format: lengths, INITs without a tag or together with other chunks. */
  readonly malformed: number;
  /** Packets for a listener that belong to no association. */
  readonly outOfTheBlue: number;
  /** Packets for an association that do not carry its tag. */
  readonly wrongTag: number;
  /** Clients refused, or half-open associations given up, because a table or the relay ports were full. */
  readonly refusedOverload: number;
  /** Packets that were cut at chunk boundaries to fit; packets that had to be sent in IP fragments. */
  readonly cut: number;
  readonly fragmented: number;
  /** ICMP errors passed back so that a sender learns the path's MTU. */
  readonly toldTooBig: number;
  /** Packets that the kernel did not take. */
  readonly sendFailed: number;
}
