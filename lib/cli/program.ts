// cli/program.ts: commander's view of the flag tables: commands, options, help. Used by commands.ts alone.
import { Command, Help, InvalidArgumentError, Option } from 'commander';
import { type Flag, type FlagTable, InvalidValueError, type OptionsOf } from './flag.js';
import { cleanupFlags, demoFlags, runFlags } from './flags.js';

export interface ProgramHandlers {
  /** Takes the help text. */
  write(text: string): void;
  run(options: OptionsOf<typeof runFlags>): void;
  demo(options: OptionsOf<typeof demoFlags>): void;
  cleanup(options: OptionsOf<typeof cleanupFlags>): void;
  version(): void;
}

const examples = `
Examples:
  kube-portal demo
      Shows the whole way of a packet on this machine, without a cluster.
  kube-portal --manifests ./services --cleanup-on-exit -v=2
      Serves the Services in a directory, and takes its rules along when it ends.
  kube-portal --kubeconfig ~/.kube/config --proxy-port-range 36000-37999
      Serves a cluster's Services on this host.`;

/** A commander program that calls one handler per command, prints nothing itself, and throws CommanderError. */
export function createProgram(handlers: ProgramHandlers): Command {
  const run = command(
    'run',
    "Proxy this host's traffic to Services (the default command)",
    runFlags,
    handlers.run,
  );
  const program = new Command('kube-portal')
    .description(
      'A node proxy: a local listener for every Kubernetes Service port, steered to by iptables rules.',
    )
    .usage('[command] [flags]')
    .addHelpText('after', examples)
    .helpCommand('help [command]', 'Show the help of a command')
    .addCommand(run)
    .addCommand(command('demo', 'Show how it works, without a cluster', demoFlags, handlers.demo))
    .addCommand(command('cleanup', 'Remove the rules that a run left behind', cleanupFlags, handlers.cleanup))
    .addCommand(command('version', 'Print the version', {}, handlers.version));
  run.addHelpText('after', examples);
  for (const each of [program, ...program.commands]) {
    each
      .exitOverride()
      .addHelpOption(new Option('-h, --help', 'Show this help.').helpGroup('Logging and more:'))
      .configureOutput({ writeOut: handlers.write, writeErr: () => {} })
      .configureHelp({
        helpWidth: 100,
        // A boolean is declared with a value (--keep=false is allowed) and shown without.
        optionTerm: (option) => (option.optional ? (option.long ?? '') : option.flags),
        optionDescription: (option) => option.description,
        subcommandTerm: (subcommand) => subcommand.name(),
        // The default command's flags work without its name, so the program's own help shows them.
        visibleOptions: (shown) => new Help().visibleOptions(shown === program ? run : shown),
      });
  }
  return program;
}

function command<Table extends FlagTable>(
  name: string,
  description: string,
  table: Table,
  handler: (options: OptionsOf<Table>) => void,
): Command {
  const result = new Command(name).description(description).usage('[flags]').allowExcessArguments();
  const options = Object.entries(table).map(([key, flag]) => ({ key, option: toOption(flag) }));
  for (const { option } of options) result.addOption(option);
  return result.action(() => {
    const [extra] = result.args;
    if (extra !== undefined) {
      result.error(
        `unexpected argument '${extra}': a command comes before the flags, a boolean's value after '='`,
      );
    }
    const values = options.map(({ key, option }) => {
      const given: Given | undefined = result.getOptionValue(option.attributeName());
      return [key, given?.value];
    });
    // The one place where the table's types are taken on trust: toOption() parsed each value with its flag's kind.
    handler(Object.fromEntries(values) as OptionsOf<Table>);
  });
}

/** Commander would store '' for a value that parses to undefined (no server, no range), hence the box. */
interface Given {
  readonly value: unknown;
}

function toOption(flag: Flag): Option {
  const { placeholder } = flag.kind;
  const value = placeholder === 'boolean' ? `[${placeholder}]` : `<${placeholder}>`;
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  const byDefault = flag.default === 'false' ? undefined : (flag.default ?? flag.defaultMeaning);
  const description = byDefault === undefined ? flag.meaning : `${flag.meaning} (default: ${byDefault})`;
  const option = new Option(`${short}--${flag.name} ${value}`, description).helpGroup(`${flag.group}:`);
  if (flag.repeatable) option.default({ value: [] } satisfies Given);
  else if (flag.default !== undefined)
    option.default({ value: flag.kind.parse(flag.default) } satisfies Given);
  return option.argParser((text: string, previous: Given | undefined): Given => {
    const parsed = parseValue(flag, text);
    const list = flag.repeatable && Array.isArray(previous?.value) ? previous.value : undefined;
    return { value: list === undefined ? parsed : [...list, parsed] };
  });
}

function parseValue(flag: Flag, text: string): unknown {
  try {
    return flag.kind.parse(text);
  } catch (error) {
    if (error instanceof InvalidValueError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
