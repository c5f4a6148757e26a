// cli/flag.ts: what a command-line flag is, and the type of the options that a table of flags gives.
// The tables are in flags.ts, config-flags.ts and idle-flags.ts, the kinds of values in value-kinds.ts, the reading of
// an argv in commands.ts.

/** One kind of value, e.g. a duration. */
export interface ValueKind<Value> {
  /** What help shows for the value: `--dial-timeout <duration>`; 'boolean' where a bare flag means true. */
  readonly placeholder: string;
  /** Throws InvalidValueError. */
  parse(text: string): Value;
}

/** The text is no value of this kind. The message says what is allowed, as a sentence. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
}

/** Flags that are right one by one and not together. The message names them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type FlagGroup =
  | 'Configuration'
  | 'Where Services come from'
  | 'Data plane'
  | 'SCTP'
  | 'Rules'
  | 'Syncs'
  | 'NodePorts and pods'
  | "The host's settings"
  | 'HTTP'
  | 'Demo'
  | 'Looking into a running process'
  | 'Logging and more'
  | 'Accepted since kube-proxy has them, without effect here';

export interface Flag<Value = unknown> {
  /** Without the dashes. */
  readonly name: string;
  /** One letter: `-v`. */
  readonly short?: string;
  readonly kind: ValueKind<Value>;
  /** As it would be typed, unit included. Absent: the option is undefined unless the flag is given. */
  readonly default?: string;
  /** What an absent default comes to, where that can be said: `the host's name`. */
  readonly defaultMeaning?: string;
  /** May be given more than once; the option is the list of all values (empty by default). Otherwise the last wins. */
  readonly repeatable?: true;
  readonly group: FlagGroup;
  /** One or two sentences for the help text: what it does, what zero or empty means. */
  readonly meaning: string;
}

/**
 * A flag that stands for a field of KubeProxyConfiguration. Its value is the field's, as JSON has it; its default is
 * shown in the help, and the field's own default counts.
 */
export interface ConfigFlag extends Flag {
  /** More than one: all of them are set. */
  readonly fields: readonly [string, ...string[]];
  /** With --config the file decides, as in kube-proxy; not over flags that kube-proxy excepts or does not have. */
  readonly winsOverFile?: true;
}

/** Flags by the option they set. */
export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F> = F extends { readonly kind: ValueKind<infer Value> }
  ? F extends { readonly repeatable: true }
    ? readonly Value[]
    : F extends { readonly default: string }
      ? Value
      : Value | undefined
  : never;

/** The options that a table gives, each of its kind's type. */
export type OptionsOf<Table extends FlagTable> = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };
