// cli/config/config-watcher.ts: follows the configuration file of a program that runs. What can be applied at once is
// handed over, the rest is named in the log and waits for a restart; a broken file changes nothing.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { RunOptions } from '../options.js';
import type { Notice } from './config-error.js';
import { diffConfig, withLiveChanges } from './diff-config.js';
import type { KubeProxyConfiguration } from './schema.js';

/** Options that may change while the program runs, all of them at each change: the same value twice must be free. */
export type LiveOptions = Pick<
  RunOptions,
  | 'verbosity'
  | 'minSyncPeriodMs'
  | 'syncPeriodMs'
  | 'detectLocal'
  | 'nodePortAddresses'
  | 'localhostNodePorts'
  | 'dropInvalid'
  | 'conntrack'
  | 'oomScoreAdj'
>;

/** Wakes early when something happens in a directory. What it misses, looking again finds. */
export interface DirectoryWatch {
  update(directories: readonly string[]): Promise<void>;
  close(): void;
}

export interface ConfigWatcherOptions {
  /** What the program was started with; configFile is set. */
  readonly started: RunOptions;
  /** The options with another text of the file. Throws ConfigError. */
  readonly reload: (text: string) => RunOptions;
  readonly apply: (options: LiveOptions) => void | Promise<void>;
  /** Owned and closed by the watcher. */
  readonly watchDirectories: (onEvent: () => void) => DirectoryWatch;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks at the file, whatever the watch sees. @default 5000 */
  readonly lookAgainMs?: number;
}

export interface ConfigWatcher {
  /** The configuration in force: what was started with, with the changes that were applied. */
  inForce(): KubeProxyConfiguration;
  /** Resolves when nothing will be applied any more. */
  close(): Promise<void>;
}

/** A watch sees the write of an editor in its middle: what follows within this time is read in one go. */
const settleMs = 50;

export function watchConfig(options: ConfigWatcherOptions): ConfigWatcher {
  return new FileConfigWatcher(options);
}

class FileConfigWatcher implements ConfigWatcher {
  readonly #options: ConfigWatcherOptions;
  readonly #path: string;
  readonly #watch: DirectoryWatch;
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The text that was read last, or why it could not be. */
  #seen: string | undefined;
  #inForce: KubeProxyConfiguration;
  readonly #told: Set<string>;
  #closed = false;

  constructor(options: ConfigWatcherOptions) {
    this.#options = options;
    this.#path = options.started.configFile ?? '';
    this.#inForce = options.started.config;
    this.#told = new Set(options.started.notices.map(wordsOf));
    this.#watch = options.watchDirectories(() => this.#lookIn(settleMs));
    // At once: the file may have changed since the program read it.
    this.#lookIn(0);
  }

  inForce(): KubeProxyConfiguration {
    return this.#inForce;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#next?.cancel();
    this.#watch.close();
    await this.#looking;
  }

  /** Or sooner, where a look is due already. */
  #lookIn(delayMs: number): void {
    const { clock, lookAgainMs = 5000 } = this.#options;
    const atMs = clock.monotonic() + delayMs;
    if (this.#closed || (this.#next !== undefined && this.#next.atMs <= atMs)) return;
    this.#next?.cancel();
    const cancel = clock.after(delayMs, () => {
      this.#next = undefined;
      this.#looking = this.#looking.then(() => this.#look()).finally(() => this.#lookIn(lookAgainMs));
    });
    this.#next = { atMs, cancel };
  }

  async #look(): Promise<void> {
    // In a ConfigMap's mount the file is a link to a link that is replaced, in the same directory.
    await this.#watch.update([dirname(this.#path)]);
    const text = await readFile(this.#path, 'utf8').catch((err: unknown) => {
      this.#refuse(`unread: ${String(err)}`, err);
      return undefined;
    });
    if (this.#closed || text === undefined || text === this.#seen) return;
    try {
      const options = this.#options.reload(text);
      this.#seen = text;
      await this.#take(options);
    } catch (err) {
      this.#refuse(text, err);
    }
  }

  /** Told once for each text, and once for a file that can't be read. */
  #refuse(seen: string, err: unknown): void {
    if (this.#closed || seen === this.#seen) return;
    this.#seen = seen;
    this.#options.log.error(
      { file: this.#path, err },
      'the configuration file is wrong: what was read before stays in force',
    );
  }

  async #take(options: RunOptions): Promise<void> {
    const { log, apply } = this.#options;
    const file = this.#path;
    const { live, restart } = diffConfig(this.#inForce, options.config);
    for (const notice of options.notices) {
      const words = wordsOf(notice);
      if (this.#told.has(words)) continue;
      this.#told.add(words);
      log.warn({ about: notice.about }, notice.text);
    }
    if (live.length > 0) {
      try {
        await apply(options);
      } catch (err) {
        // What is in force is not known: the next look tries again.
        this.#seen = undefined;
        log.error({ file, err }, 'changes of the configuration file could not be applied');
        return;
      }
      this.#inForce = withLiveChanges(this.#inForce, options.config);
      log.info({ file, changes: live }, 'changes of the configuration file are applied');
    }
    if (restart.length > 0) {
      log.warn({ file, changes: restart }, 'changes of the configuration file count after a restart');
    }
  }
}

/** The same however the lines of the file move. */
function wordsOf({ about, text }: Notice): string {
  return `${about.replace(/^.*:\d+:\d+ /, '')}\n${text}`;
}
