// iptables/applier.ts: RuleApplier by means of iptables: both families, each on its own, so that one that fails does
// not keep the other from serving.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { createPause } from '../proxier/pause.js';
import type { ApplyReport, RuleApplier, RuleCounts } from '../proxier/rule-applier.js';
import type { TableName } from '../rules/chains.js';
import { desiredChains, isFamilyUnused } from '../rules/desired-chains.js';
import type { DesiredRules, StandingPortal } from '../rules/portal.js';
import { createPortalRules } from '../rules/portal-rule.js';
import { cleanupRules } from './cleanup.js';
import { RulesOfFamily } from './family-rules.js';
import { type IptablesTools, iptablesRunner } from './run.js';

const sliceMs = 5;

export interface RuleApplierOptions {
  readonly exec: Exec;
  readonly log: Log;
  /** See chooseTools. */
  readonly tools: IptablesTools;
  /** @default both */
  readonly families?: readonly IpFamily[];
}

export function createRuleApplier(options: RuleApplierOptions): RuleApplier {
  return new IptablesRuleApplier(options);
}

class IptablesRuleApplier implements RuleApplier {
  readonly #exec: Exec;
  readonly #log: Log;
  readonly #families: readonly RulesOfFamily[];
  readonly #portalRules = createPortalRules();
  /** What the last apply() was asked for, if it left nothing undone. */
  #applied: DesiredRules | undefined;

  constructor({ exec, log, tools, families = ipFamilies }: RuleApplierOptions) {
    const runner = iptablesRunner(exec, tools);
    this.#exec = exec;
    this.#log = log;
    this.#families = families.map((ipFamily) => new RulesOfFamily(ipFamily, runner, log));
  }

  async standing(): Promise<readonly StandingPortal[]> {
    return (await Promise.all(this.#families.map((family) => family.standing()))).flat();
  }

  async apply(desired: DesiredRules): Promise<ApplyReport> {
    if (desired === this.#applied) return this.#report([]);
    this.#applied = undefined;
    await this.#preparePortalRules(desired);
    const pause = createPause(sliceMs);
    const outcomes = await Promise.all(
      this.#families.map((family) => this.#applyFamily(family, desired, pause)),
    );
    const report = this.#report(outcomes);
    if (report.failures.length === 0) this.#applied = desired;
    return report;
  }

  async check(): Promise<'in-place' | 'drifted'> {
    const inPlace = await Promise.all(this.#families.map((family) => family.isInPlace()));
    const drifted = this.#families.filter((_, at) => !inPlace[at]);
    if (drifted.length === 0) return 'in-place';
    for (const family of drifted) family.forget();
    this.#applied = undefined;
    return 'drifted';
  }

  invalidate(): void {
    this.#applied = undefined;
    for (const family of this.#families) family.forget();
  }

  async cleanup(): Promise<boolean> {
    this.invalidate();
    return cleanupRules(this.#exec);
  }

  /** Most of a first apply() is the text of the portals' rules (10,000 take 150 ms), which is then remembered. */
  async #preparePortalRules(desired: DesiredRules): Promise<void> {
    const pause = createPause(sliceMs);
    for (const portal of desired.portals) {
      this.#portalRules(portal, desired);
      await pause();
    }
  }

  async #applyFamily(
    family: RulesOfFamily,
    desired: DesiredRules,
    pause: ReturnType<typeof createPause>,
  ): Promise<Outcome> {
    const { ipFamily } = family;
    try {
      const rules = desiredChains(desired, ipFamily, this.#portalRules);
      await pause();
      const written = await family.apply(rules, isFamilyUnused(desired, ipFamily));
      if (written.rulesWritten + written.rulesDeleted > 0) {
        this.#log.debug({ ipFamily, ...written }, 'rules written');
      }
      return { ...written, ipFamily };
    } catch (err) {
      const error = err instanceof Error ? err : new Error(String(err));
      return { rulesWritten: 0, rulesDeleted: 0, ipFamily, error };
    }
  }

  #byFamily(read: (family: RulesOfFamily) => TableCounts): RuleCounts {
    const of = (ipFamily: IpFamily): TableCounts => {
      const family = this.#families.find((one) => one.ipFamily === ipFamily);
      return family === undefined ? none : read(family);
    };
    return { IPv4: of('IPv4'), IPv6: of('IPv6') };
  }

  #report(outcomes: readonly Outcome[]): ApplyReport {
    const ran = outcomes.map(({ ipFamily }) => ipFamily);
    const last = (family: RulesOfFamily): TableCounts =>
      ran.includes(family.ipFamily) ? family.lastWritten : none;
    const total = (family: RulesOfFamily): TableCounts => ({
      nat: family.count('nat'),
      filter: family.count('filter'),
    });
    return {
      rulesWritten: outcomes.reduce((sum, { rulesWritten }) => sum + rulesWritten, 0),
      rulesDeleted: outcomes.reduce((sum, { rulesDeleted }) => sum + rulesDeleted, 0),
      rulesTotal: this.#byFamily(total),
      rulesLast: this.#byFamily(last),
      failures: outcomes.flatMap(({ ipFamily, error }) => (error === undefined ? [] : [{ ipFamily, error }])),
    };
  }
}

type TableCounts = Readonly<Record<TableName, number>>;

const none: TableCounts = { nat: 0, filter: 0 };

interface Outcome {
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
  readonly ipFamily: IpFamily;
  readonly error?: Error;
}
