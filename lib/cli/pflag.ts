// cli/pflag.ts: brings an argv from pflag's spelling, which kube-proxy's users know, to the one commander reads. Pure.
import type { Flag } from './flag.js';

/**
 * Rewrites `-v=2` to `--v=2` and a bare boolean `--keep` to `--keep=true`, and leaves the rest as it is.
 * What follows a flag that takes a value is its value, even if it starts with a dash; all after `--` is left alone.
 */
export function fromPflag(argv: readonly string[], flags: readonly Flag[]): string[] {
  const byName: ReadonlyMap<string, Flag> = new Map(flags.map((flag) => [`--${flag.name}`, flag]));
  const byShort: ReadonlyMap<string, Flag> = new Map(
    flags.flatMap((flag) => (flag.short ? [[`-${flag.short}`, flag] as const] : [])),
  );
  const result: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? '';
    if (token === '--') return [...result, ...argv.slice(index)];
    const [typed = '', ...rest] = token.split('=');
    // kube-proxy takes --log_dir for --log-dir.
    const spelled = typed.startsWith('--') ? typed.replaceAll('_', '-') : typed;
    const flag = byName.get(spelled) ?? byShort.get(spelled);
    if (flag === undefined) {
      // Commander's suggestion for a misspelled flag compares the whole token, so its value must not be part of it.
      result.push(...(spelled.startsWith('--') && rest.length > 0 ? [spelled, rest.join('=')] : [token]));
    } else if (rest.length > 0) {
      result.push(`--${flag.name}=${rest.join('=')}`);
    } else if (flag.kind.placeholder === 'boolean') {
      result.push(`--${flag.name}=true`);
    } else {
      const value = argv[index + 1];
      result.push(`--${flag.name}`, ...(value === undefined ? [] : [value]));
      index += 1;
    }
  }
  return result;
}
