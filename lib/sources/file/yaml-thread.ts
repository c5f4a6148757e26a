// sources/file/yaml-thread.ts: parses YAML in another thread. 20,000 objects take seconds and leave behind garbage that
// V8 is slow to collect (100 MiB and more): the thread spares the data path the former, and its end frees the latter.
import { Worker } from 'node:worker_threads';
import type { YamlPiece } from './yaml-pieces.js';
import type { YamlReply } from './yaml-worker.js';

export interface YamlThread {
  /**
   * The value of each piece as JSON; undefined where it must be parsed here: it is not well-formed, or the thread
   * failed. One call at a time. Never rejects.
   */
  parse(pieces: readonly YamlPiece[]): Promise<YamlReply>;
  close(): Promise<void>;
}

export function startYamlThread(): YamlThread {
  const worker = new Worker(new URL('./yaml-worker.js', import.meta.url), {
    // A small young generation keeps garbage from growing old; the largest document needs about 200 MiB.
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 384 },
  });
  let settle = (_: YamlReply): void => {};
  let dead = false;
  const fail = (): void => {
    dead = true;
    settle([]);
  };
  worker.on('message', (reply: YamlReply) => settle(reply));
  worker.on('error', fail);
  worker.on('exit', fail);
  return {
    parse(pieces) {
      if (dead) return Promise.resolve([]);
      return new Promise((resolve) => {
        settle = resolve;
        worker.postMessage(pieces);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
