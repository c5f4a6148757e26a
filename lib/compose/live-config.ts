// compose/live-config.ts: the configuration of a program that runs: what is in force, and what follows when its file, where
// it has one, says something else.
import type { Logger } from 'pino';
import { watchConfig } from '../cli/config/config-watcher.js';
import type { KubeProxyConfiguration } from '../cli/config/schema.js';
import { levelOf } from '../cli/logging.js';
import type { RunOptions } from '../cli/options.js';
import type { Clock } from '../proxier/clock.js';
import type { ProxierSettings } from '../proxier/settings.js';
import { createDirectoryWatcher } from '../sources/file/watcher.js';
import type { ApplyHostSettings } from './host-settings.js';

export interface LiveConfigParts {
  /** Its level follows the verbosity. */
  readonly log: Logger;
  readonly clock: Clock;
  readonly proxier: { reconfigure(settings: ProxierSettings): void };
  readonly applyHostSettings: ApplyHostSettings;
}

export interface LiveConfig {
  /** The configuration in force now. */
  inForce(): KubeProxyConfiguration;
  close(): Promise<void>;
}

/** @param reload the options of this command line with another text of the file; throws ConfigError */
export function startLiveConfig(
  started: RunOptions,
  reload: (text: string) => RunOptions,
  { log, clock, proxier, applyHostSettings }: LiveConfigParts,
): LiveConfig {
  if (started.configFile === undefined) return { inForce: () => started.config, close: async () => {} };
  return watchConfig({
    started,
    reload,
    apply: async (options) => {
      log.level = levelOf(options.verbosity);
      proxier.reconfigure(options);
      await applyHostSettings(options);
    },
    watchDirectories: (onEvent) => createDirectoryWatcher(onEvent, log),
    clock,
    log,
  });
}
