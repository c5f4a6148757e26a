// proxier/rule-applier.ts: what the proxier asks of the packet filter. Declared here, implemented in iptables/.
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
  /** No usable endpoint: refuse with a TCP reset or an ICMP port unreachable; the portal still leads to the port. */
  readonly refused: boolean;
}

/**
 * How packets get from the portal to the proxy port. REDIRECT is the rule; an interface without an address of the
 * family drops REDIRECTed packets, and DNAT to a node address is what works there (and everywhere).
 */
export type Steering = { readonly kind: 'redirect' } | { readonly kind: 'dnat'; readonly to: string };

export interface DesiredRules {
  /** No two with the same (ip, port, protocol). */
  readonly portals: readonly Portal[];
  readonly steering: Readonly<Record<IpFamily, Steering>>;
  /** Ports that only portals may reach. Usually the portals' own; a listener that waits for its rules has one too. */
  readonly proxyPorts: readonly {
    readonly protocol: Protocol;
    readonly port: number;
    readonly ipFamily: IpFamily;
  }[];
}

/** A portal rule found in the kernel, from this run or an earlier one. */
export interface StandingPortal {
  readonly ipFamily: IpFamily;
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly proxyPort: number;
}

export interface ApplyReport {
  /** Rule lines written and deleted in this run, by family and table; all zero when nothing had to change. */
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
  /** What stands after this run, for the metric kubeproxy_sync_proxy_rules_iptables_total{table}. */
  readonly rulesTotal: Readonly<Record<'nat' | 'filter', number>>;
  /** Families that could not be brought to the desired state; they keep what stood before. */
  readonly failures: readonly { readonly ipFamily: IpFamily; readonly error: Error }[];
}

export interface RuleApplier {
  /** Portal rules that stand now. Reads the kernel; changes nothing. */
  standing(): Promise<readonly StandingPortal[]>;
  /**
   * Brings the kernel to the whole desired state, writing only what differs from what stands; one iptables-restore
   * per family. Never throws for a family that fails: see ApplyReport.failures. Calls must not overlap.
   */
  apply(desired: DesiredRules): Promise<ApplyReport>;
  /** Looks, cheaply, whether what the last apply() left is still there. `drifted`: call reapply through apply(). */
  check(): Promise<'in-place' | 'drifted'>;
  /** Forget what is believed to stand, so that the next apply() reads the kernel first. */
  invalidate(): void;
  /** Removes our chains and jumps and nothing else; idempotent; true when something was there. */
  cleanup(): Promise<boolean>;
}
