// rules/portal.ts: PURE. What the rules are about: portals, and how packets get from them to our listeners. Data that
// the proxier hands to the packet filter (proxier/rule-applier.ts) and reads back from it.
import type { IpFamily } from '../model/ip.js';
import type { PortalKind } from '../model/portal-address.js';
import type { Protocol, ServicePortName } from '../model/service-port-name.js';

/** An (ip, port, protocol) that clients address and rules capture; of a nodePort a (port, protocol). */
export interface Portal {
  readonly ipFamily: IpFamily;
  readonly kind: PortalKind;
  /** Canonical spelling; '' for a nodePort, which is on the addresses that DesiredRules.nodePortAddresses tells. */
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly servicePortName: ServicePortName;
  /** Where packets go by who sends them, the first that matches: 'cluster' if at all, then 'everybody'. */
  readonly ways: readonly PortalWay[];
  /**
   * CIDRs of the family. Only who is in one of them may use the portal, whichever the way; others are dropped. Empty:
   * nobody. Undefined: everybody. Never for a nodePort.
   */
  readonly sourceRanges?: readonly string[];
}

export interface PortalWay {
  /** 'cluster': pods, as DetectLocal tells them, and this host. */
  readonly from: 'everybody' | 'cluster';
  /** Where the packets go: the port of our listener. */
  readonly proxyPort: number;
}

/** How to tell a packet of a pod. This host's own are known by their source address, whatever the kind. */
export type DetectLocal =
  | { readonly kind: 'none' }
  | { readonly kind: 'cidrs'; readonly cidrs: Readonly<Record<IpFamily, readonly string[]>> }
  /** An interface's name, or the beginning of one and a plus: `br0`, `cali+`. */
  | { readonly kind: 'interface'; readonly match: string };

/**
 * How packets get from the portal to the proxy port. REDIRECT is the rule; an interface without an address of the
 * family drops REDIRECTed packets, and DNAT to a node address is what works there (and everywhere).
 */
export type Steering = { readonly kind: 'redirect' } | { readonly kind: 'dnat'; readonly to: string };

/** What becomes of new connections that a portal led to the port. Refused is a TCP reset or an ICMP port unreachable. */
export type Disposition = 'serve' | 'refuse' | 'drop';

export interface ProxyPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly ipFamily: IpFamily;
  readonly disposition: Disposition;
}

/** What keeps the kernel's own SCTP from answering for our relay: see sctp-guard.ts. */
export interface SctpGuard {
  /** From which the relay talks to endpoints. Inclusive on both ends. */
  readonly relayPorts: { readonly first: number; readonly last: number };
  /** Of the user that our raw sockets belong to. A packet that the kernel makes belongs to nobody. */
  readonly uid: number;
}

export interface DesiredRules {
  /** No two with the same (ipFamily, ip, port, protocol). */
  readonly portals: readonly Portal[];
  readonly steering: Readonly<Record<IpFamily, Steering>>;
  /**
   * Ports that only portals may reach, no two the same. Those that portals lead to, a listener's that waits for its
   * rules, and a nodePort that a listener of ours holds.
   */
  readonly proxyPorts: readonly ProxyPort[];
  /** Undefined: the kernel has no SCTP of its own loaded, or nobody listens for SCTP. */
  readonly sctpGuard?: SctpGuard | undefined;
  /** The same object while nothing changes: by it, rules are remembered. */
  readonly detectLocal: DetectLocal;
  /** On which addresses of this host nodePorts answer: on all, or on these. */
  readonly nodePortAddresses: 'all' | Readonly<Record<IpFamily, readonly string[]>>;
  /** False: nodePorts do not answer on loopback addresses, whatever nodePortAddresses says. */
  readonly localhostNodePorts: boolean;
  /** Drop forwarded packets that conntrack calls INVALID, as kube-proxy does unless conntrack.tcpBeLiberal is set. */
  readonly dropInvalid: boolean;
}

/** A portal's rules found in the kernel, from this run or an earlier one. */
export interface StandingPortal {
  readonly ipFamily: IpFamily;
  /** '' for a nodePort. */
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** As Portal.ways; a single way is everybody's. */
  readonly ways: readonly PortalWay[];
}
