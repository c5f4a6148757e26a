// cli/commands.ts: an argv to the command it means. Nothing is printed, nothing is changed, and the process does not
// exit; read is only the file that --config names, by the context. Commander knows the grammar, flags.ts and
// config-flags.ts the flags, run-invocation.ts what they mean together.
import { CommanderError } from 'commander';
import { ConfigError } from './config/config-error.js';
import { type Flag, UsageError } from './flag.js';
import { cleanupFlags, demoFlags, runFlags } from './flags.js';
import { explainFlags, statusFlags, topFlags } from './inquiry-flags.js';
import type { CommandContext, Invocation, RunOptions } from './options.js';
import { fromPflag } from './pflag.js';
import { createProgram, kubeProxyFlags } from './program.js';
import { loggingFormatOf, runInvocation } from './run-invocation.js';

const tables: ReadonlyMap<string, readonly Flag[]> = new Map<string, readonly Flag[]>([
  ['run', [...Object.values(runFlags), ...kubeProxyFlags]],
  ['demo', Object.values(demoFlags)],
  ['cleanup', Object.values(cleanupFlags)],
  ['explain', Object.values(explainFlags)],
  ['status', Object.values(statusFlags)],
  ['top', Object.values(topFlags)],
]);

/** `argv` is without the node executable and the script: process.argv.slice(2). Never throws for what a user typed. */
export function parseCommandLine(argv: readonly string[], context: CommandContext): Invocation {
  let invocation: Invocation | undefined;
  let output = '';
  const program = createProgram({
    write: (text) => {
      output += text;
    },
    run: (options, { given }) => {
      invocation = runInvocation(options, given, context);
    },
    demo: (options) => {
      const loggingFormat = loggingFormatOf(options.loggingFormat, context);
      invocation = { command: 'demo', options: { ...options, loggingFormat } };
    },
    cleanup: (options) => {
      const loggingFormat = loggingFormatOf(options.loggingFormat, context);
      invocation = { command: 'cleanup', options: { ...options, loggingFormat } };
    },
    explain: (options, { operands: [service = ''] }) => {
      invocation = { command: 'explain', options: { ...options, service } };
    },
    status: (options) => {
      invocation = { command: 'status', options };
    },
    top: (options) => {
      invocation = { command: 'top', options };
    },
    version: () => {
      invocation = { command: 'version' };
    },
  });
  const [name = '', ...rest] = withCommand(argv);
  try {
    program.parse([name, ...fromPflag(rest, tables.get(name) ?? [])], { from: 'user' });
  } catch (error) {
    if (error instanceof UsageError) return usageError(error.message);
    if (error instanceof ConfigError)
      return {
        command: 'config-error',
        message: `kube-portal: the configuration can't be used\n${error.message}`,
      };
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'help', text: output.trimEnd() };
    return usageError(error.message.replace(/^error: /, ''));
  }
  return invocation ?? usageError('no command was understood');
}

/**
 * The options of the same command line with another text of the configuration file. Throws ConfigError where that is
 * wrong, or does not fit to the flags.
 */
export function reloadedOptions(argv: readonly string[], context: CommandContext, text: string): RunOptions {
  const invocation = parseCommandLine(argv, { ...context, readConfigFile: () => text });
  if (invocation.command === 'run') return invocation.options;
  throw new ConfigError('message' in invocation ? invocation.message : `not a run: ${invocation.command}`);
}

/** No command means run; `--help` alone is about the whole program. */
function withCommand(argv: readonly string[]): string[] {
  const first = argv[0];
  const isAboutProgram = first === '--help' || first === '-h';
  return first === undefined || (first.startsWith('-') && !isAboutProgram) ? ['run', ...argv] : [...argv];
}

function usageError(message: string): Invocation {
  return { command: 'usage-error', message: `kube-portal: ${message}\nSee kube-portal --help.` };
}
