// proxier/rule-applier.ts: what the proxier asks of the packet filter. Declared here, implemented in iptables/.
// The data it speaks of is declared in rules/portal.ts, because rules/ is pure and imports nothing from here.
import type { IpFamily } from '../model/ip.js';
import type { DesiredRules, StandingPortal } from '../rules/portal.js';

export type {
  DesiredRules,
  DetectLocal,
  Disposition,
  Portal,
  PortalWay,
  ProxyPort,
  SctpGuard,
  StandingPortal,
  Steering,
} from '../rules/portal.js';

/** Rule lines. */
export type RuleCounts = Readonly<Record<IpFamily, Readonly<Record<'nat' | 'filter', number>>>>;

export interface ApplyReport {
  /** Rule lines written and deleted in this run, all families and tables together; zero when nothing had to change. */
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
  /** What stands after this run, for the metric kubeproxy_sync_proxy_rules_iptables_total. */
  readonly rulesTotal: RuleCounts;
  /** What this run wrote, for kubeproxy_sync_proxy_rules_iptables_last. */
  readonly rulesLast: RuleCounts;
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
  /**
   * Looks, cheaply, whether what the last apply() left is still there. `drifted`: the next apply() reads the kernel
   * first, even when it is asked for the same.
   */
  check(): Promise<'in-place' | 'drifted'>;
  /** Forget what is believed to stand, so that the next apply() reads the kernel first. */
  invalidate(): void;
  /** Removes our chains and jumps and nothing else; idempotent; true when something was there. */
  cleanup(): Promise<boolean>;
}
