// rules/portal.ts: PURE. What the rules are about: portals, and how packets get from them to our listeners. Data that
// the proxier hands to the packet filter (proxier/rule-applier.ts) and reads back from it.
import type { IpFamily } from '../model/ip.js';
import type { Protocol, ServicePortName } from '../model/service-port-name.js';

/** An (ip, port, protocol) that clients address and rules capture. */
export interface Portal {
  readonly ipFamily: IpFamily;
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly servicePortName: ServicePortName;
  /** Where the packets go: the port of our listener. */
  readonly proxyPort: number;
  /**
   * No usable endpoint: refuse with a TCP reset or an ICMP port unreachable; the portal still leads to the port. For SCTP
   * no rule does it: see desired-chains.ts.
   */
  readonly refused: boolean;
}

/**
 * How packets get from the portal to the proxy port. REDIRECT is the rule; an interface without an address of the
 * family drops REDIRECTed packets, and DNAT to a node address is what works there (and everywhere).
 */
export type Steering = { readonly kind: 'redirect' } | { readonly kind: 'dnat'; readonly to: string };

export interface ProxyPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly ipFamily: IpFamily;
}

/** What keeps the kernel's own SCTP from answering for our relay: see sctp-guard.ts. */
export interface SctpGuard {
  /** From which the relay talks to endpoints. Inclusive on both ends. */
  readonly relayPorts: { readonly first: number; readonly last: number };
  /** Of the user that our raw sockets belong to. A packet that the kernel makes belongs to nobody. */
  readonly uid: number;
}

export interface DesiredRules {
  /** No two with the same (ip, port, protocol). */
  readonly portals: readonly Portal[];
  readonly steering: Readonly<Record<IpFamily, Steering>>;
  /** Ports that only portals may reach. Usually the portals' own; a listener that waits for its rules has one too. */
  readonly proxyPorts: readonly ProxyPort[];
  /** Undefined: the kernel has no SCTP of its own loaded, or nobody listens for SCTP. */
  readonly sctpGuard?: SctpGuard | undefined;
}

/** A portal rule found in the kernel, from this run or an earlier one. */
export interface StandingPortal {
  readonly ipFamily: IpFamily;
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly proxyPort: number;
}
