// cli/options.ts: what a command line means, as values: one command with its options. Made by commands.ts.
import type { OptionsOf } from './flag.js';
import type { cleanupFlags, demoFlags, runFlags } from './flags.js';

/** Exactly one origin of Services and endpoints. */
export type SourceOption =
  | { readonly kind: 'manifests'; readonly paths: readonly string[] }
  | { readonly kind: 'kubeconfig'; readonly path: string }
  | { readonly kind: 'in-cluster' };

/** Resolved: flag, else terminal or not. */
export type LoggingFormat = 'json' | 'text';

type Resolved<Options> = Omit<Options, 'manifests' | 'kubeconfig' | 'version' | 'loggingFormat'> & {
  readonly loggingFormat: LoggingFormat;
};

/** Meanings, defaults and units: runFlags in flags.ts. */
export type RunOptions = Resolved<OptionsOf<typeof runFlags>> & { readonly source: SourceOption };
export type DemoOptions = Resolved<OptionsOf<typeof demoFlags>>;
export type CleanupOptions = Resolved<OptionsOf<typeof cleanupFlags>>;

export type Invocation =
  | { readonly command: 'run'; readonly options: RunOptions }
  | { readonly command: 'demo'; readonly options: DemoOptions }
  | { readonly command: 'cleanup'; readonly options: CleanupOptions }
  | { readonly command: 'version' }
  /** `text` is for stdout; exit status 0. */
  | { readonly command: 'help'; readonly text: string }
  /** `message` is for stderr; exit status 2. Both texts end without a newline. */
  | { readonly command: 'usage-error'; readonly message: string };

/** What the meaning of a command line depends on besides itself. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the log goes to a terminal. */
  readonly isTerminal: boolean;
  /** Whether a pod's ServiceAccount token is there (context.ts). */
  readonly hasServiceAccountToken: boolean;
}
