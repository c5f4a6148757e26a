// dataplane/sctp/relay/transport.ts: what the relay asks of the raw sockets. Declared here, implemented in ../raw/; tests
// bring their own. Sending happens at once: when a call returns, the bytes are the caller's again.
import type { IpWords } from '../wire/ip-words.js';

/** Memory that packets lie in; it has a fixed address where system calls read it. */
export interface PacketMemory {
  readonly bytes: Buffer;
  readonly address: number;
}

export interface Route {
  /** Whom the packet leaves from; unspecified: the kernel chooses. */
  readonly local: IpWords;
  readonly peer: IpWords;
  /** Index of the interface where `peer` is link-local, else 0. */
  readonly scope: number;
}

/** What a packet may have in front of it: an IP header is written there, over what was there. */
export const headroom = 20;

export interface Transport {
  /**
   * Sends the SCTP packet at [at, end) as one IP packet that nobody may fragment. 0, or errno negated (-EMSGSIZE: it is
   * bigger than the path takes).
   */
  send(memory: PacketMemory, at: number, end: number, route: Route): number;
  /** As send(), in IP fragments that fit into `mtu`. */
  sendFragmented(memory: PacketMemory, at: number, end: number, route: Route, mtu: number): number;
  /** An ICMP message of the peer's family. */
  sendIcmp(memory: PacketMemory, at: number, end: number, route: Route): number;
  /** What the kernel knows of the path's MTU, in bytes; 0: nothing. */
  pathMtu(route: Route): number;
}
