// rules/save-text.ts: PURE. What iptables-save (and `-S`) prints, as tables of chains of rules.
import {
  type Chains,
  type FamilyRules,
  isOurChain,
  type Jump,
  jumps,
  type TableName,
  type TableRules,
} from './chains.js';
import { sameRule } from './rule-text.js';
import { sctpGuardJump } from './sctp-guard.js';

/** All tables and chains that were printed, other people's included. */
export type SavedTables = ReadonlyMap<string, Chains>;

/** Rules as printed, without `-A CHAIN `; counters must not have been asked for. */
export function parseSave(text: string): SavedTables {
  const tables = new Map<string, Map<string, string[]>>();
  let chains = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith('-A ')) addRule(chains, line);
    else if (line.startsWith(':')) chains.set(line.slice(1, line.indexOf(' ')), []);
    else if (line.startsWith('*')) {
      chains = new Map();
      tables.set(line.slice(1).trimEnd(), chains);
    }
  }
  return tables;
}

export interface ListedChain {
  readonly name: string;
  readonly rules: readonly string[];
}

/** `iptables -S` for some chains, in the order asked: of each a `-P` or `-N` line, then `-A`, as save prints it. */
export function parseListing(text: string): readonly ListedChain[] {
  const listed: { name: string; rules: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^-([PNA]) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === 'A') listed.at(-1)?.rules.push(rest.trimEnd());
    else if (kind !== undefined) listed.push({ name, rules: [] });
  }
  return listed;
}

function addRule(chains: Map<string, string[]>, line: string): void {
  const end = line.indexOf(' ', 3);
  const chain = line.slice(3, end < 0 ? undefined : end);
  const rule = end < 0 ? '' : line.slice(end + 1).trimEnd();
  const rules = chains.get(chain);
  if (rules) rules.push(rule);
  else chains.set(chain, [rule]);
}

/** Tables that iptables-nft says it can't show, because they hold rules that only nft can write. */
export function incompatibleTables(text: string): readonly string[] {
  return [...text.matchAll(/^# Table `(\w+)' is incompatible/gm)].map(([, table]) => table ?? '');
}

/** Of what was saved, what is ours. */
export function standingRules(saved: SavedTables): FamilyRules {
  const standing = (table: TableName): TableRules => {
    const chains: Chains = saved.get(table) ?? new Map();
    return {
      chains: new Map([...chains].filter(([name]) => isOurChain(name))),
      jumps: possibleJumps(table).filter(({ from, rule }) =>
        chains.get(from)?.some((its) => sameRule(its, rule)),
      ),
    };
  };
  return { nat: standing('nat'), filter: standing('filter') };
}

function possibleJumps(table: TableName): readonly Jump[] {
  return table === 'filter' ? [...jumps.filter, sctpGuardJump] : jumps[table];
}

export function countRules({ chains, jumps: standing }: TableRules): number {
  let rules = standing.length;
  for (const ofChain of chains.values()) rules += ofChain.length;
  return rules;
}
