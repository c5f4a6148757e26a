// cli/program.ts: commander's view of the flag tables: commands, options, help. Used by commands.ts alone.
import { Command, Help, InvalidArgumentError, Option } from 'commander';
import { configFlags } from './config-flags.js';
import { deprecatedPortFlags } from './deprecated-ports.js';
import { type Flag, type FlagTable, InvalidValueError, type OptionsOf } from './flag.js';
import { cleanupFlags, demoFlags, runFlags } from './flags.js';
import { idleConfigFlags, idleFlags } from './idle-flags.js';
import { explainFlags, statusFlags, topFlags } from './inquiry-flags.js';

/** The flags of `run` that are kube-proxy's as well. */
export const kubeProxyFlags: readonly Flag[] = [
  ...configFlags,
  ...deprecatedPortFlags,
  ...idleConfigFlags,
  ...idleFlags,
];

export interface ProgramHandlers {
  /** Takes the help text. */
  write(text: string): void;
  run(options: OptionsOf<typeof runFlags>, typed: Typed): void;
  demo(options: OptionsOf<typeof demoFlags>): void;
  cleanup(options: OptionsOf<typeof cleanupFlags>): void;
  explain(options: OptionsOf<typeof explainFlags>, typed: Typed): void;
  status(options: OptionsOf<typeof statusFlags>): void;
  top(options: OptionsOf<typeof topFlags>): void;
  version(): void;
}

/** What was typed beside a command's own flags. */
export interface Typed {
  /** Those of kubeProxyFlags that were typed, in that order. */
  readonly given: ReadonlyMap<Flag, unknown>;
  /** What stands without a dash. */
  readonly operands: readonly string[];
}

const examples = `
Examples:
  kube-portal demo
      Shows the whole way of a packet on this machine, without a cluster.
  kube-portal --manifests ./services --cleanup-on-exit -v=2
      Serves the Services in a directory, and takes its rules along when it ends.
  kube-portal --kubeconfig ~/.kube/config --proxy-port-range 36000-37999
      Serves a cluster's Services on this host.
  kube-portal --config /var/lib/kube-proxy/config.conf
      Takes kube-proxy's place with its own configuration file.
  kube-portal explain default/web:http --from 10.244.1.7
      Says why that pod does, or does not, reach the Service.`;

/** A commander program that calls one handler per command, prints nothing itself, and throws CommanderError. */
export function createProgram(handlers: ProgramHandlers): Command {
  const run = command(
    'run',
    "Proxy this host's traffic to Services (the default command)",
    runFlags,
    handlers.run,
    { more: kubeProxyFlags },
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
    .addCommand(
      command('explain', 'Say why a Service answers, or why not', explainFlags, handlers.explain, {
        operand: 'namespace/service[:port]',
      }),
    )
    .addCommand(command('status', 'Show what the running process serves', statusFlags, handlers.status))
    .addCommand(command('top', 'Show what each Service does right now', topFlags, handlers.top))
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
  handler: (options: OptionsOf<Table>, typed: Typed) => void,
  { more = [], operand }: { readonly more?: readonly Flag[]; readonly operand?: string } = {},
): Command {
  const usage = operand === undefined ? '[flags]' : `<${operand}> [flags]`;
  const result = new Command(name).description(description).usage(usage).allowExcessArguments();
  const options = Object.entries(table).map(([key, flag]) => ({ key, option: toOption(flag) }));
  const others = more.map((flag) => ({ flag, option: toOption(flag) }));
  for (const { option } of [...options, ...others]) result.addOption(option);
  const givenTo = (option: Option): unknown => {
    const given: Given | undefined = result.getOptionValue(option.attributeName());
    return given?.value;
  };
  return result.action(() => {
    const operands = result.args.slice(0, operand === undefined ? 0 : 1);
    if (operand !== undefined && operands.length === 0) result.error(`which Service? Type ${operand}`);
    const extra = result.args[operands.length];
    if (extra !== undefined) {
      result.error(
        `unexpected argument '${extra}': a command comes before the flags, a boolean's value after '='`,
      );
    }
    const values = options.map(({ key, option }) => [key, givenTo(option)]);
    const typed = others.filter(
      ({ option }) => result.getOptionValueSource(option.attributeName()) === 'cli',
    );
    // The one place where the table's types are taken on trust: toOption() parsed each value with its flag's kind.
    const given = new Map(typed.map(({ flag, option }) => [flag, givenTo(option)]));
    handler(Object.fromEntries(values) as OptionsOf<Table>, { given, operands });
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
