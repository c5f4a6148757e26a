// test/states/state.ts: a whole state of the packet filter as one text, beside the text that it should be.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IpFamily } from '../../lib/model/ip.js';
import type { FamilyRules } from '../../lib/rules/chains.js';
import { desiredChains } from '../../lib/rules/desired-chains.js';
import type { DesiredRules } from '../../lib/rules/portal.js';
import { createPortalRules } from '../../lib/rules/portal-rule.js';
import { restoreText } from '../../lib/rules/restore-text.js';
import { parseSave, standingRules } from '../../lib/rules/save-text.js';

/** A machine that never had a rule of ours. */
export const nothingStands: FamilyRules = standingRules(parseSave(''));

export function chainsOf(desired: DesiredRules, ipFamily: IpFamily = 'IPv4'): FamilyRules {
  return desiredChains(desired, ipFamily, createPortalRules());
}

/** All that should stand, as it is written to a machine that has nothing of it. */
export function stateText(desired: DesiredRules, ipFamily: IpFamily = 'IPv4'): string {
  return restoreText(nothingStands, chainsOf(desired, ipFamily)).text;
}

/** `test/states/NAME.txt`, without the lines that start with `#` and explain it. */
export function readState(name: string): string {
  const text = readFileSync(join('test', 'states', `${name}.txt`), 'utf8');
  return text.replaceAll(/^#.*\n/gm, '');
}
