// cli/effective-config.ts: the one configuration that counts, from defaults, a configuration file and flags, and what
// the user should know of it. Pure. As in kube-proxy, a file decides alone but for the flags that say they win over it.
import { ConfigError, type Notice } from './config/config-error.js';
import { type Conflict, conflictsIn } from './config/conflicts.js';
import { type ConfigText, decodeConfig } from './config/decode-config.js';
import { type FieldPath, isSameValue, valueAt, withValue } from './config/field-path.js';
import { fieldRules, whyUnused } from './config/field-rules.js';
import { modeDifferences, otherMode } from './config/mode.js';
import { defaultConfig, type KubeProxyConfiguration } from './config/schema.js';
import { withDeprecatedPorts } from './deprecated-ports.js';
import { type ConfigFlag, type Flag, UsageError } from './flag.js';
import type { IdleFlag } from './idle-flags.js';

export interface EffectiveConfig {
  readonly config: KubeProxyConfiguration;
  readonly notices: readonly Notice[];
  /** Whether somebody asked for it: a file is there, or a flag for the field or one below it. */
  isGiven(path: FieldPath): boolean;
}

export interface ConfigInputs {
  /** The flags that were typed, with their values, in the tables' order. */
  readonly flags: ReadonlyMap<Flag, unknown>;
  readonly file: ConfigText | undefined;
  readonly strict: boolean;
}

/** Throws ConfigError where the file is wrong, UsageError where the flags are. */
export function effectiveConfig({ flags, file, strict }: ConfigInputs): EffectiveConfig {
  const decoded = file === undefined ? undefined : decodeConfig(file, { strict });
  const ofFields = [...flags].flatMap(([flag, value]) => (isConfigFlag(flag) ? [{ flag, value }] : []));
  const heeded = ofFields.filter(({ flag }) => decoded === undefined || flag.winsOverFile);
  const bindAddress = heeded.find(({ flag }) => flag.name === 'bind-address')?.value;
  let config = decoded?.config ?? defaultConfig(bindAddress === undefined ? undefined : String(bindAddress));
  for (const { flag, value } of heeded) {
    for (const field of flag.fields) config = withValue(config, field, flag.repeatable ? flat(value) : value);
  }
  const ports = decoded === undefined ? withDeprecatedPorts(config, flags) : { config, notices: [] };
  config = ports.config;

  const flagOf = (field: FieldPath) => heeded.findLast(({ flag }) => flag.fields.includes(field))?.flag;
  /** What the user wrote that made the field what it is. */
  const about = (field: FieldPath): string => {
    const flag = flagOf(field);
    if (flag !== undefined) return `--${flag.name}`;
    return decoded === undefined ? field : `${decoded.placeOf(field.split('.'))} ${field}`;
  };
  const isOfFlag = (field: FieldPath): boolean => flagOf(field) !== undefined;
  refuse(conflictsIn(config), about, isOfFlag);
  const mode = otherMode(config.mode);
  if (mode !== undefined && strict) {
    const message = `proxy mode ${mode} is not what runs here: with --strict-mode only userspace is allowed`;
    refuse([{ fields: ['mode'], message }], about, isOfFlag);
  }

  return {
    config,
    notices: [
      ...(mode === undefined ? [] : [{ about: about('mode'), text: modeDifferences(mode) }]),
      ...(decoded?.doubts ?? []),
      ...(decoded === undefined ? [] : ignoredFlags(flags, heeded)),
      ...ports.notices,
      ...[...flags.keys()].flatMap((flag) =>
        isIdleFlag(flag) ? [noEffect(`--${flag.name}`, flag.why)] : [],
      ),
      ...unusedFields(config, flagOf).map(({ field, why }) => noEffect(about(field), why)),
    ],
    isGiven: (path) =>
      decoded !== undefined ||
      heeded.some(({ flag }) => flag.fields.some((field) => `${field}.`.startsWith(`${path}.`))),
  };
}

function refuse(
  conflicts: readonly Conflict[],
  about: (field: FieldPath) => string,
  isOfFlag: (field: FieldPath) => boolean,
): void {
  if (conflicts.length === 0) return;
  // A flag that does not fit to the file is the command line's mistake, as it was typed last.
  const lines = conflicts.map(
    ({ fields, message }) => `${about(fields.find(isOfFlag) ?? fields[0])}: ${message}`,
  );
  const ofFlags = conflicts.some(({ fields }) => fields.some(isOfFlag));
  const text = lines.join('\n');
  throw ofFlags ? new UsageError(text) : new ConfigError(text);
}

/** One notice for all of them. */
function ignoredFlags(
  flags: ReadonlyMap<Flag, unknown>,
  heeded: readonly { readonly flag: ConfigFlag }[],
): readonly Notice[] {
  const names = [...flags.keys()].flatMap((flag) => {
    const isPort = flag.name === 'healthz-port' || flag.name === 'metrics-port';
    const isIgnored = isPort || (isConfigFlag(flag) && !heeded.some((given) => given.flag === flag));
    return isIgnored ? [`--${flag.name}`] : [];
  });
  if (names.length === 0) return [];
  return [{ about: names.join(', '), text: 'ignored, as kube-proxy does: with --config the file decides' }];
}

/** Whatever asks for something other than the default and gets nothing. */
function unusedFields(
  config: KubeProxyConfiguration,
  flagOf: (field: FieldPath) => ConfigFlag | undefined,
): readonly { readonly field: FieldPath; readonly why: string }[] {
  const defaults = defaultConfig(config.bindAddress);
  return Object.keys(fieldRules).flatMap((field) => {
    const why = whyUnused(field, config);
    if (why === undefined || isSameValue(valueAt(config, field), valueAt(defaults, field))) return [];
    // One that sets several fields does something if one of them counts.
    const isOtherUsed = flagOf(field)?.fields.some((other) => whyUnused(other, config) === undefined);
    return isOtherUsed ? [] : [{ field, why }];
  });
}

function noEffect(about: string, why: string): Notice {
  return { about, text: `no effect here: ${why}` };
}

function flat(value: unknown): unknown {
  return Array.isArray(value) ? value.flat() : value;
}

function isConfigFlag(flag: Flag): flag is ConfigFlag {
  return 'fields' in flag;
}

function isIdleFlag(flag: Flag): flag is IdleFlag {
  return 'why' in flag;
}
