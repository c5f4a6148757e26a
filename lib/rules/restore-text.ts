// rules/restore-text.ts: PURE. From what stands to what should, as input for `iptables-restore --noflush`. There a line
// `:CHAIN` makes a chain or empties it, and chains that are not named stay as they are: a chain that differs is written
// whole (chains are small), one that does not costs nothing. Other people's chains are never named.
import {
  type FamilyRules,
  isRemovableChain,
  type Jump,
  type TableName,
  type TableRules,
  tableNames,
} from './chains.js';
import { sameRules, targetOf } from './rule-text.js';
import type { SavedTables } from './save-text.js';

export interface RestoreText {
  /** '' when there is nothing to do. */
  readonly text: string;
  /** Rule lines in the text, and rules that stood in what it empties or removes. */
  readonly rulesWritten: number;
  readonly rulesDeleted: number;
}

export function restoreText(standing: FamilyRules, desired: FamilyRules): RestoreText {
  const parts = tableNames.map((table) => tableText(table, standing[table], desired[table]));
  return {
    text: parts.map(({ text }) => text).join(''),
    rulesWritten: parts.reduce((sum, { rulesWritten }) => sum + rulesWritten, 0),
    rulesDeleted: parts.reduce((sum, { rulesDeleted }) => sum + rulesDeleted, 0),
  };
}

/** Rule lines that a text writes, by table. */
export function rulesWrittenBy(text: string): Readonly<Record<TableName, number>> {
  const counts: Record<TableName, number> = { nat: 0, filter: 0 };
  for (const table of tableNames) {
    const start = text.indexOf(`*${table}\n`);
    if (start < 0) continue;
    const lines = text.slice(start, text.indexOf('\nCOMMIT', start)).matchAll(/^-[AI] /gm);
    counts[table] = [...lines].length;
  }
  return counts;
}

function tableText(table: TableName, standing: TableRules, desired: TableRules): RestoreText {
  const rules: string[] = [];
  const emptied: string[] = [];
  let rulesDeleted = 0;
  for (const [chain, wanted] of desired.chains) {
    const there = standing.chains.get(chain);
    if (there !== undefined && sameRules(there, wanted)) continue;
    emptied.push(chain);
    rulesDeleted += there?.length ?? 0;
    for (const rule of wanted) rules.push(`-A ${chain} ${rule}`);
  }
  for (const jump of desired.jumps) {
    if (!has(standing, jump)) rules.push(`${jump.at === 'top' ? '-I' : '-A'} ${jump.from} ${jump.rule}`);
  }
  const rulesWritten = rules.length;
  for (const jump of standing.jumps) {
    if (has(desired, jump)) continue;
    rules.push(`-D ${jump.from} ${jump.rule}`);
    rulesDeleted += 1;
  }
  const stale: string[] = [];
  for (const [chain, there] of standing.chains) {
    if (desired.chains.has(chain)) continue;
    stale.push(chain);
    rulesDeleted += there.length;
  }
  return {
    text: transaction(table, [...emptied, ...stale], rules, stale),
    rulesWritten,
    rulesDeleted,
  };
}

function has({ jumps }: TableRules, { from, rule }: Jump): boolean {
  return jumps.some((jump) => jump.from === from && jump.rule === rule);
}

/** Chains are emptied before rules are added, so nothing leads to a stale chain when it is deleted. */
function transaction(
  table: string,
  emptied: readonly string[],
  rules: readonly string[],
  stale: readonly string[],
): string {
  if (emptied.length === 0 && rules.length === 0) return '';
  const lines = [
    `*${table}`,
    ...emptied.map((chain) => `:${chain} - [0:0]`),
    ...rules,
    ...stale.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ];
  return lines.join('\n');
}

/** Takes away our chains, kube-proxy's userspace ones, and every rule that leads there; '' when there are none. */
export function cleanupText(saved: SavedTables): string {
  let text = '';
  for (const [table, chains] of saved) {
    const stale = [...chains.keys()].filter(isRemovableChain);
    if (stale.length === 0) continue;
    const leading: string[] = [];
    for (const [chain, rules] of chains) {
      if (isRemovableChain(chain)) continue;
      for (const rule of rules) {
        if (isRemovableChain(targetOf(rule) ?? '')) leading.push(`-D ${chain} ${rule}`);
      }
    }
    text += transaction(table, stale, leading, stale);
  }
  return text;
}
