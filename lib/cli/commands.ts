// cli/commands.ts: an argv to the command it means. Pure: nothing is printed, and the process does not exit.
// Commander knows the grammar, flags.ts the flags; what one flag can't say alone is checked here.
import { CommanderError } from 'commander';
import type { FlagTable, OptionsOf } from './flag.js';
import { cleanupFlags, demoFlags, runFlags } from './flags.js';
import type { CommandContext, Invocation, LoggingFormat, SourceOption } from './options.js';
import { fromPflag } from './pflag.js';
import { createProgram } from './program.js';

const tables: ReadonlyMap<string, FlagTable> = new Map<string, FlagTable>([
  ['run', runFlags],
  ['demo', demoFlags],
  ['cleanup', cleanupFlags],
]);

/** `argv` is without the node executable and the script: process.argv.slice(2). Never throws for what a user typed. */
export function parseCommandLine(argv: readonly string[], context: CommandContext): Invocation {
  let invocation: Invocation | undefined;
  let output = '';
  const program = createProgram({
    write: (text) => {
      output += text;
    },
    run: (options) => {
      invocation = runInvocation(options, context);
    },
    demo: (options) => {
      invocation = { command: 'demo', options: { ...options, ...format(options, context) } };
    },
    cleanup: (options) => {
      invocation = { command: 'cleanup', options: { ...options, ...format(options, context) } };
    },
    version: () => {
      invocation = { command: 'version' };
    },
  });
  const [name = '', ...rest] = withCommand(argv);
  try {
    program.parse([name, ...fromPflag(rest, Object.values(tables.get(name) ?? {}))], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'help', text: output.trimEnd() };
    return usageError(error.message.replace(/^error: /, ''));
  }
  return invocation ?? usageError('no command was understood');
}

/** No command means run; `--help` alone is about the whole program. */
function withCommand(argv: readonly string[]): string[] {
  const first = argv[0];
  const isAboutProgram = first === '--help' || first === '-h';
  return first === undefined || (first.startsWith('-') && !isAboutProgram) ? ['run', ...argv] : [...argv];
}

function runInvocation(given: OptionsOf<typeof runFlags>, context: CommandContext): Invocation {
  const { manifests, kubeconfig, version, ...options } = given;
  if (version) return { command: 'version' };
  if (manifests.length > 0 && kubeconfig !== undefined) {
    return usageError('--manifests and --kubeconfig exclude each other: Services come from one place');
  }
  if (options.minSyncPeriodMs > options.syncPeriodMs) {
    return usageError('--min-sync-period must not be longer than --sync-period');
  }
  const source = sourceOf(manifests, kubeconfig, context);
  if (source === undefined) {
    return usageError(
      'nothing says where Services come from. Give one of:\n' +
        '  --manifests <path>     a file or directory of manifests, no cluster needed\n' +
        '  --kubeconfig <file>    a cluster\n' +
        '  or run in a pod, whose ServiceAccount is then used (KUBERNETES_SERVICE_HOST and the token file are not both there)',
    );
  }
  return { command: 'run', options: { ...options, ...format(options, context), source } };
}

function sourceOf(
  manifests: readonly string[],
  kubeconfig: string | undefined,
  context: CommandContext,
): SourceOption | undefined {
  if (manifests.length > 0) return { kind: 'manifests', paths: manifests };
  if (kubeconfig !== undefined) return { kind: 'kubeconfig', path: kubeconfig };
  const inCluster = Boolean(context.env.KUBERNETES_SERVICE_HOST) && context.hasServiceAccountToken;
  return inCluster ? { kind: 'in-cluster' } : undefined;
}

function format(
  options: { readonly loggingFormat: LoggingFormat | undefined },
  context: CommandContext,
): { readonly loggingFormat: LoggingFormat } {
  return { loggingFormat: options.loggingFormat ?? (context.isTerminal ? 'text' : 'json') };
}

function usageError(message: string): Invocation {
  return { command: 'usage-error', message: `kube-portal: ${message}\nSee kube-portal --help.` };
}
