// iptables/family-rules.ts: our rules in one IP family: what is believed to stand, and how it becomes what should. The
// belief comes from reading the kernel or from a restore that succeeded, and is dropped at the first doubt.
import type { IpFamily } from '../model/ip.js';
import type { Log } from '../proxier/log.js';
import { type FamilyRules, type TableName, tableNames } from '../rules/chains.js';
import type { StandingPortal } from '../rules/portal.js';
import { restoreText, rulesWrittenBy } from '../rules/restore-text.js';
import { countRules, parseSave, standingRules } from '../rules/save-text.js';
import { standingPortals } from '../rules/standing-portals.js';
import { isInPlace } from './drift.js';
import { isLockHeld, isUnsupported } from './errors.js';
import type { IptablesRunner } from './run.js';

export interface Written {
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
}

const nothingWritten: Written = { rulesWritten: 0, rulesDeleted: 0 };

const noneWritten: Readonly<Record<TableName, number>> = { nat: 0, filter: 0 };

export class RulesOfFamily {
  readonly ipFamily: IpFamily;
  readonly #runner: IptablesRunner;
  readonly #log: Log;
  /** Undefined: unknown, the kernel must be read. */
  #believed: FamilyRules | undefined;
  /** The last belief, right or wrong by now: for numbers only. */
  #known: FamilyRules | undefined;
  #lastWritten = noneWritten;
  #toldUnsupported = false;
  /** Until forget(): a module may be loaded meanwhile. */
  #leftOut = false;

  constructor(ipFamily: IpFamily, runner: IptablesRunner, log: Log) {
    this.ipFamily = ipFamily;
    this.#runner = runner;
    this.#log = log;
  }

  /** Reads the kernel. Rejects with IptablesError. */
  async standing(): Promise<readonly StandingPortal[]> {
    const standing = await this.#orLeaveOut(this.#read());
    return standing === undefined ? [] : standingPortals(standing, this.ipFamily);
  }

  /**
   * @param unused nothing is wanted of this family: where nothing of ours stands either, the kernel is left alone.
   * What stands is emptied then, not removed: its conntrack match may be what keeps live streams tracked.
   */
  async apply(desired: FamilyRules, unused: boolean): Promise<Written> {
    this.#lastWritten = noneWritten;
    if (this.#leftOut) return nothingWritten;
    return (await this.#orLeaveOut(this.#bringTo(desired, unused))) ?? nothingWritten;
  }

  async #bringTo(desired: FamilyRules, unused: boolean): Promise<Written> {
    const standing = this.#believed ?? (await this.#read());
    if (unused && isNothing(standing)) return nothingWritten;
    const { text, ...written } = restoreText(standing, desired);
    this.#believed = undefined;
    if (text !== '') await this.#runner.restore(this.ipFamily, text);
    this.#believed = desired;
    this.#known = desired;
    this.#lastWritten = rulesWrittenBy(text);
    return written;
  }

  /** True too when nothing is known to stand, and when iptables-legacy's lock could not be had. */
  async isInPlace(): Promise<boolean> {
    const believed = this.#believed;
    if (believed === undefined || isNothing(believed)) return true;
    try {
      return await isInPlace(this.#runner, this.ipFamily, believed);
    } catch (err) {
      if (isLockHeld(err)) return true;
      // A chain is gone, most likely. If it is anything else, reading the kernel anew will tell.
      this.#log.debug({ ipFamily: this.ipFamily, err }, 'rules could not be listed');
      return false;
    }
  }

  forget(): void {
    this.#believed = undefined;
    this.#leftOut = false;
  }

  /** Rule lines that stand, as far as was last known. */
  count(table: TableName): number {
    return this.#known === undefined ? 0 : countRules(this.#known[table]);
  }

  /** Rule lines that the last apply() wrote. */
  get lastWritten(): Readonly<Record<TableName, number>> {
    return this.#lastWritten;
  }

  async #read(): Promise<FamilyRules> {
    this.#believed = undefined;
    const standing = standingRules(parseSave(await this.#runner.save(this.ipFamily)));
    this.#believed = standing;
    this.#known = standing;
    return standing;
  }

  /** IPv6 may well be missing, and IPv4 Services must not suffer for it; IPv4 missing is a failure like any other. */
  async #orLeaveOut<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (err) {
      if (this.ipFamily === 'IPv4' || !isUnsupported(err)) throw err;
      this.#leftOut = true;
      if (!this.#toldUnsupported) {
        this.#log.warn({ ipFamily: this.ipFamily, err }, 'no rules in this family: it is not supported here');
      }
      this.#toldUnsupported = true;
      return undefined;
    }
  }
}

function isNothing(rules: FamilyRules): boolean {
  return tableNames.every((table) => rules[table].chains.size === 0 && rules[table].jumps.length === 0);
}
