// cli/config/config-error.ts: what is wrong in a configuration file, and what is only odd; each line names a place.

/** The file can't be used. The message has one line per problem: `file:line:column: field: what is wrong`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What the user should know though the program runs. Logged once, as a warning. */
export interface Notice {
  /** A flag, or a place in the file and a field: `--ipvs-scheduler`, `/etc/kp/config.conf:12:3 ipvs.scheduler`. */
  readonly about: string;
  readonly text: string;
}
