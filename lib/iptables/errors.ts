// iptables/errors.ts: what iptables says on stderr, matched here and nowhere else. Callers ask the predicates.
import { type ExecResult, isMissingProgram } from '../proxier/exec.js';

/**
 * - lock-held: another program holds /run/xtables.lock (legacy only)
 * - kernel-support: this kernel has no such family or table
 * - permission: we are not root in this network namespace
 * - missing-program: iptables is not installed
 * - rules: the kernel or iptables refused a line of the input, or a chain is not there
 */
export type IptablesTrouble =
  | 'lock-held'
  | 'kernel-support'
  | 'permission'
  | 'missing-program'
  | 'rules'
  | 'other';

export class IptablesError extends Error {
  override readonly name = 'IptablesError';
  readonly trouble: IptablesTrouble;

  constructor(trouble: IptablesTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}

export function isLockHeld(err: unknown): boolean {
  return err instanceof IptablesError && err.trouble === 'lock-held';
}

/** The family can't be used on this machine: no kernel support, or no program for it. */
export function isUnsupported(err: unknown): boolean {
  return (
    err instanceof IptablesError && (err.trouble === 'kernel-support' || err.trouble === 'missing-program')
  );
}

/** A table of ours holds rules that iptables can't show. */
export function isUnshowable(err: unknown): boolean {
  return err instanceof IptablesError && err.trouble === 'rules';
}

export function isPermissionDenied(err: unknown): boolean {
  return err instanceof IptablesError && err.trouble === 'permission';
}

const patterns: readonly (readonly [IptablesTrouble, RegExp])[] = [
  ['lock-held', /holding the xtables lock/i],
  ['permission', /permission denied|operation not permitted|must be root/i],
  [
    'kernel-support',
    /table does not exist|address family not supported|protocol not supported|failed to initialize nft|unable to initialize table/i,
  ],
  ['rules', /line:? \d+|no chain\/target\/match|does not exist|is incompatible/i],
];

/** The error for an exit status other than 0. @param input what the program was given to read */
export function errorFrom(program: string, result: ExecResult, input: string): IptablesError {
  const said = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Try `') && !line.startsWith('# Warning'))
    .join('; ');
  const trouble = patterns.find(([, pattern]) => pattern.test(said))?.[0] ?? 'other';
  const message = `${program}: ${said || `exit status ${result.status}`}`;
  return new IptablesError(trouble, `${message}${offendingLine(said, input)}${advice(said)}`);
}

/** When the program could not be run to its end. */
export function errorFromExec(program: string, cause: unknown): IptablesError {
  if (isMissingProgram(cause)) {
    return new IptablesError('missing-program', `${program} is not installed; ${howToInstall}`, { cause });
  }
  return new IptablesError('other', `${program}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

export const howToInstall =
  'it is in the package iptables (Debian, Ubuntu: apt-get install iptables; Alpine: apk add iptables iptables-legacy)';

function offendingLine(said: string, input: string): string {
  const [, number] = /line:? (\d+)/.exec(said) ?? [];
  const line = number === undefined ? undefined : input.split('\n')[Number(number) - 1];
  return line ? `; the line is: ${line}` : '';
}

function advice(said: string): string {
  return /lock file/.test(said) ? '; set XTABLES_LOCKFILE to a file that may be written' : '';
}
