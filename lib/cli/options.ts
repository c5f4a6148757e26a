// cli/options.ts: what a command line means, as values: one command with its options. Made by commands.ts.
import type { Notice } from './config/config-error.js';
import type { ConfigOptions, ConntrackOptions } from './config/config-options.js';
import type { KubeProxyConfiguration } from './config/schema.js';
import type { OptionsOf } from './flag.js';
import type { cleanupFlags, demoFlags, runFlags } from './flags.js';
import type { explainFlags, statusFlags, topFlags } from './inquiry-flags.js';

/** Exactly one origin of Services and endpoints. */
export type SourceOption =
  | { readonly kind: 'manifests'; readonly paths: readonly string[] }
  | { readonly kind: 'kubeconfig'; readonly path: string }
  | { readonly kind: 'in-cluster' };

/** Resolved: flag, else terminal or not. */
export type LoggingFormat = 'json' | 'text';

interface LogOptions {
  /** The number after -v. */
  readonly verbosity: number;
  readonly loggingFormat: LoggingFormat;
}

/** What is decided before there is a run. */
type Settled = 'manifests' | 'config' | 'writeConfigTo' | 'strictMode' | 'cleanup' | 'initOnly' | 'version';

/** Our own flags: meanings, defaults and units in flags.ts. The rest follows from the effective configuration. */
export type RunOptions = Omit<OptionsOf<typeof runFlags>, Settled> &
  ConfigOptions &
  LogOptions & {
    readonly source: SourceOption;
    /** The effective configuration: defaults, file and flags. The options that stand for its fields follow from it. */
    readonly config: KubeProxyConfiguration;
    /** The file of --config, which is to be watched. */
    readonly configFile: string | undefined;
    /** undefined: not asked for (manifests, no file, no flag), and the host is left alone. */
    readonly conntrack: ConntrackOptions | undefined;
    /** Likewise. */
    readonly oomScoreAdj: number | undefined;
    /** To be logged as warnings, once. */
    readonly notices: readonly Notice[];
  };

export interface InitOptions extends LogOptions {
  readonly conntrack: ConntrackOptions;
  readonly notices: readonly Notice[];
}

export interface WriteConfigOptions {
  readonly path: string;
  readonly config: KubeProxyConfiguration;
}

export type DemoOptions = Omit<OptionsOf<typeof demoFlags>, 'loggingFormat'> & LogOptions;
/** `service` as it was typed. */
export type ExplainOptions = OptionsOf<typeof explainFlags> & { readonly service: string };
export type StatusOptions = OptionsOf<typeof statusFlags>;
export type TopOptions = OptionsOf<typeof topFlags>;
export type CleanupOptions = Omit<OptionsOf<typeof cleanupFlags>, 'loggingFormat'> & LogOptions;

export type Invocation =
  | { readonly command: 'run'; readonly options: RunOptions }
  | { readonly command: 'demo'; readonly options: DemoOptions }
  | { readonly command: 'cleanup'; readonly options: CleanupOptions }
  | { readonly command: 'init'; readonly options: InitOptions }
  | { readonly command: 'write-config'; readonly options: WriteConfigOptions }
  | { readonly command: 'explain'; readonly options: ExplainOptions }
  | { readonly command: 'status'; readonly options: StatusOptions }
  | { readonly command: 'top'; readonly options: TopOptions }
  | { readonly command: 'version' }
  /** `text` is for stdout; exit status 0. */
  | { readonly command: 'help'; readonly text: string }
  /** `message` is for stderr; exit status 2. All three texts end without a newline. */
  | { readonly command: 'usage-error'; readonly message: string }
  /** The configuration file is wrong or can't be read. For stderr; exit status 1. */
  | { readonly command: 'config-error'; readonly message: string };

/** What the meaning of a command line depends on besides itself. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the log goes to a terminal. */
  readonly isTerminal: boolean;
  /** Whether a pod's ServiceAccount token is there (context.ts). */
  readonly hasServiceAccountToken: boolean;
  /** The text of the file that --config names. Throws when it can't be read. */
  readConfigFile(path: string): string;
}
