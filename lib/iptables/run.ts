// iptables/run.ts: the one place that starts iptables' programs for rules. Text in, text out; what the text means is
// known to rules/, and what stderr means to errors.ts.
import type { IpFamily } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';
import { tableNames } from '../rules/chains.js';
import { incompatibleTables } from '../rules/save-text.js';
import { errorFrom, errorFromExec, IptablesError } from './errors.js';

export type IptablesVariant = 'nft' | 'legacy';

/** `iptables-nft-restore`, `iptables-legacy-restore`, or `iptables-restore` where only one variant is installed. */
export interface IptablesTools {
  readonly variant: IptablesVariant;
  readonly infix: '-nft' | '-legacy' | '';
}

/** Calls reject with IptablesError and nothing else. */
export interface IptablesRunner {
  /** All tables of the family, as iptables-save prints them. Loads no kernel module. */
  save(ipFamily: IpFamily): Promise<string>;
  /**
   * iptables-restore --noflush. Atomic per table, tables in the order of the text. Resolves with what `-S` lines in the
   * text printed.
   */
  restore(ipFamily: IpFamily, text: string): Promise<string>;
}

/** How long iptables-legacy waits for whoever holds the lock. iptables-nft has none, and needs none. */
const lockWaitSeconds = 5;

export function iptablesRunner(exec: Exec, { variant, infix }: IptablesTools): IptablesRunner {
  const wait = variant === 'legacy' ? ['-w', String(lockWaitSeconds)] : [];

  async function run(program: string, args: readonly string[], input?: string): Promise<string> {
    const running = exec(program, args, input === undefined ? {} : { input });
    const result = await running.catch((err: unknown) => {
      throw errorFromExec(program, err);
    });
    if (result.status !== 0) throw errorFrom(program, result, input ?? '');
    return result.stdout;
  }

  return {
    async save(ipFamily) {
      const program = `${baseName(ipFamily)}${infix}-save`;
      const text = await run(program, []);
      // What stands in a table that is none of ours is none of our business.
      const table = incompatibleTables(text).find((name) => isOurTable(name));
      if (table === undefined) return text;
      throw new IptablesError(
        'rules',
        `${program}: table ${table} holds rules that only nft can show (nft list table)`,
      );
    },
    restore: (ipFamily, text) => run(`${baseName(ipFamily)}${infix}-restore`, [...wait, '--noflush'], text),
  };
}

function isOurTable(name: string): boolean {
  return tableNames.some((table) => table === name);
}

function baseName(ipFamily: IpFamily): 'iptables' | 'ip6tables' {
  return ipFamily === 'IPv4' ? 'iptables' : 'ip6tables';
}
