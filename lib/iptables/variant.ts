// iptables/variant.ts: which iptables this machine uses, nft or legacy. Rules of both variants are in force side by
// side, each blind to the other, so ours belong where everybody else's are (kubernetes-sigs/iptables-wrappers).
import { ipFamilies } from '../model/ip.js';
import { type Exec, isMissingProgram } from '../proxier/exec.js';
import { isRemovableChain } from '../rules/chains.js';
import { parseSave } from '../rules/save-text.js';
import { howToInstall, IptablesError, isPermissionDenied, isUnshowable, isUnsupported } from './errors.js';
import { type IptablesTools, type IptablesVariant, iptablesRunner } from './run.js';

/**
 * @param wanted `auto`: where our own rules stand already, else where kubelet left its hint, else legacy when it has
 * more rules than nft, else nft
 * @throws IptablesError naming the package when there is no such program
 */
export async function chooseTools(exec: Exec, wanted: IptablesVariant | 'auto'): Promise<IptablesTools> {
  const installed = await installedTools(exec);
  const candidates = installed.filter(({ variant }) => wanted === 'auto' || variant === wanted);
  const [first, second] = candidates;
  if (first === undefined) {
    const program = wanted === 'auto' ? 'iptables' : `iptables-${wanted}`;
    throw new IptablesError('missing-program', `${program} is not installed; ${howToInstall}`);
  }
  return second === undefined ? first : chooseByRules(exec, first, second);
}

/** nft first. */
export async function installedTools(exec: Exec): Promise<readonly IptablesTools[]> {
  const named = (['nft', 'legacy'] as const).map(async (variant): Promise<readonly IptablesTools[]> => {
    const infix = `-${variant}` as const;
    return (await versionOf(exec, `iptables${infix}`)) === undefined ? [] : [{ variant, infix }];
  });
  const installed = (await Promise.all(named)).flat();
  if (installed.length > 0) return installed;
  const version = await versionOf(exec, 'iptables');
  if (version === undefined) return [];
  // Before 1.8 there was no nft variant, and nothing in brackets.
  return [{ variant: version.includes('nf_tables') ? 'nft' : 'legacy', infix: '' }];
}

async function versionOf(exec: Exec, program: string): Promise<string | undefined> {
  try {
    const { status, stdout } = await exec(program, ['--version']);
    return status === 0 ? stdout : undefined;
  } catch (err) {
    if (isMissingProgram(err)) return undefined;
    throw err;
  }
}

interface Traces {
  readonly ours: boolean;
  readonly kubelet: boolean;
  readonly rules: number;
}

async function chooseByRules(exec: Exec, nft: IptablesTools, legacy: IptablesTools): Promise<IptablesTools> {
  const [ofNft, ofLegacy] = await Promise.all([traces(exec, nft), traces(exec, legacy)]);
  if (ofNft === undefined || ofLegacy === undefined) return ofNft === undefined && ofLegacy ? legacy : nft;
  for (const trace of ['ours', 'kubelet'] as const) {
    if (ofNft[trace] !== ofLegacy[trace]) return ofNft[trace] ? nft : legacy;
  }
  return ofLegacy.rules > ofNft.rules ? legacy : nft;
}

/** Undefined when the kernel does not have this variant. */
async function traces(exec: Exec, tools: IptablesTools): Promise<Traces | undefined> {
  const { save } = iptablesRunner(exec, tools);
  const texts = await Promise.all(
    ipFamilies.map((ipFamily) =>
      save(ipFamily).catch((err: unknown) => {
        // `unshare -Urn` leaves /proc/net with no owner, which legacy alone reads; nft says whether we are root at all.
        const isClosedToLegacy = tools.variant === 'legacy' && isPermissionDenied(err);
        if (isUnsupported(err) || isClosedToLegacy) return undefined;
        // In use, by somebody who writes what iptables can't show.
        if (isUnshowable(err)) return '';
        throw err;
      }),
    ),
  );
  const present = texts.filter((text) => text !== undefined);
  if (present.length === 0) return undefined;
  const chains = present.flatMap((text) => [...parseSave(text).values()]).flatMap((table) => [...table]);
  return {
    ours: chains.some(([name]) => isRemovableChain(name)),
    // kubelet makes these in mangle, in the variant that it uses (1.24 and later; before).
    kubelet: chains.some(([name]) => name === 'KUBE-IPTABLES-HINT' || name === 'KUBE-KUBELET-CANARY'),
    rules: chains.reduce((sum, [, rules]) => sum + rules.length, 0),
  };
}
