// sources/file/watcher.ts: wakes early whoever follows files when something happens in their directory. A wake-up only:
// what it misses (network file systems, links to elsewhere, no inotify watches left) the follower's polling finds.
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Log } from '../../proxier/log.js';

export interface DirectoryWatcher {
  /** Watches exactly these directories from now on; one that can't be watched is left to polling. */
  update(directories: readonly string[]): Promise<void>;
  close(): void;
}

export function createDirectoryWatcher(onEvent: () => void, log: Log): DirectoryWatcher {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  const complained = new Set<string>();
  let closed = false;

  function drop(directory: string): void {
    watchers.get(directory)?.watcher.close();
    watchers.delete(directory);
  }
  async function watchOne(directory: string): Promise<void> {
    try {
      // A directory that was replaced is another one, which the old watch knows nothing of.
      const { ino } = await stat(directory, { bigint: true });
      if (closed || watchers.get(directory)?.inode === ino) return;
      drop(directory);
      const watcher = watch(directory, { persistent: false }, onEvent);
      watcher.on('error', () => drop(directory));
      watchers.set(directory, { watcher, inode: ino });
      complained.delete(directory);
    } catch (error) {
      drop(directory);
      if (complained.has(directory)) return;
      complained.add(directory);
      log.debug({ directory, err: error }, 'directory cannot be watched; polling goes on');
    }
  }

  return {
    async update(directories) {
      for (const directory of watchers.keys()) {
        if (!directories.includes(directory)) drop(directory);
      }
      await Promise.all(directories.map(watchOne));
    },
    close() {
      closed = true;
      for (const directory of watchers.keys()) drop(directory);
    },
  };
}
