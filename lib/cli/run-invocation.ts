// cli/run-invocation.ts: what the flags of `run` mean together: a run, or what is done in its place. Used by commands.ts.
import { ConfigError } from './config/config-error.js';
import { configOptions, conntrackOptions } from './config/config-options.js';
import type { ConfigText } from './config/decode-config.js';
import { withValue } from './config/field-path.js';
import type { KubeProxyConfiguration } from './config/schema.js';
import { type EffectiveConfig, effectiveConfig } from './effective-config.js';
import { type Flag, type OptionsOf, UsageError } from './flag.js';
import type { runFlags } from './flags.js';
import type { CommandContext, Invocation, LoggingFormat, RunOptions, SourceOption } from './options.js';

/** Throws UsageError and ConfigError. */
export function runInvocation(
  own: OptionsOf<typeof runFlags>,
  given: ReadonlyMap<Flag, unknown>,
  context: CommandContext,
): Invocation {
  const { manifests, config: file, writeConfigTo, strictMode, cleanup, initOnly, version, ...options } = own;
  if (version) return { command: 'version' };
  if (cleanup) return cleanupInvocation(own, given, context);
  const effective = effectiveConfig({ flags: given, file: readFile(file, context), strict: strictMode });
  const { notices } = effective;
  const config = withFormat(effective.config, context);
  if (writeConfigTo !== undefined) {
    return { command: 'write-config', options: { path: writeConfigTo, config: effective.config } };
  }
  const log = {
    verbosity: config.logging.verbosity,
    loggingFormat: loggingFormatOf(config.logging.format, context),
  };
  if (initOnly) return { command: 'init', options: { ...log, conntrack: conntrackOptions(config), notices } };

  const { kubeconfig } = config.clientConnection;
  if (manifests.length > 0 && [...given.keys()].some((flag) => flag.name === 'kubeconfig')) {
    throw new UsageError('--manifests and --kubeconfig exclude each other: Services come from one place');
  }
  const source = sourceOf(manifests, kubeconfig, context);
  const hidden =
    manifests.length > 0 && kubeconfig !== ''
      ? [{ about: '--manifests', text: `Services come from there, and not from the file's ${kubeconfig}` }]
      : [];
  const runOptions: RunOptions = {
    ...options,
    ...configOptions(config),
    ...log,
    ...hostSettings(effective, source),
    source,
    config,
    configFile: file,
    notices: [...notices, ...hidden],
  };
  return { command: 'run', options: runOptions };
}

/** The file is not read: cleanup must work where it is what is broken. */
function cleanupInvocation(
  { iptablesVariant }: OptionsOf<typeof runFlags>,
  given: ReadonlyMap<Flag, unknown>,
  context: CommandContext,
): Invocation {
  const { logging } = effectiveConfig({ flags: given, file: undefined, strict: false }).config;
  const loggingFormat = loggingFormatOf(logging.format, context);
  return { command: 'cleanup', options: { iptablesVariant, verbosity: logging.verbosity, loggingFormat } };
}

function readFile(path: string | undefined, context: CommandContext): ConfigText | undefined {
  if (path === undefined) return undefined;
  try {
    return { path, text: context.readConfigFile(path) };
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${path}: it can't be read: ${told}`, { cause });
  }
}

/**
 * In a cluster, as kube-proxy does it. With manifests this may be anybody's machine, whose settings are touched only
 * when somebody asks for it.
 */
function hostSettings(
  { config, isGiven }: EffectiveConfig,
  source: SourceOption,
): Pick<RunOptions, 'conntrack' | 'oomScoreAdj'> {
  const isWanted = (field: string) => source.kind !== 'manifests' || isGiven(field);
  return {
    conntrack: isWanted('conntrack') ? conntrackOptions(config) : undefined,
    oomScoreAdj: isWanted('oomScoreAdj') ? config.oomScoreAdj : undefined,
  };
}

function sourceOf(manifests: readonly string[], kubeconfig: string, context: CommandContext): SourceOption {
  if (manifests.length > 0) return { kind: 'manifests', paths: manifests };
  if (kubeconfig !== '') return { kind: 'kubeconfig', path: kubeconfig };
  if (context.env.KUBERNETES_SERVICE_HOST && context.hasServiceAccountToken) return { kind: 'in-cluster' };
  throw new UsageError(
    'nothing says where Services come from. Give one of:\n' +
      '  --manifests <path>     a file or directory of manifests, no cluster needed\n' +
      '  --kubeconfig <file>    a cluster\n' +
      '  --config <file>        with clientConnection.kubeconfig in it\n' +
      '  or run in a pod, whose ServiceAccount is then used (KUBERNETES_SERVICE_HOST and the token file are not both there)',
  );
}

function withFormat(config: KubeProxyConfiguration, context: CommandContext): KubeProxyConfiguration {
  return withValue(config, 'logging.format', loggingFormatOf(config.logging.format, context));
}

/** '' and undefined: nobody said. */
export function loggingFormatOf(given: string | undefined, context: CommandContext): LoggingFormat {
  if (given === 'text' || given === 'json') return given;
  return context.isTerminal ? 'text' : 'json';
}
