// sources/file/yaml-worker.ts: the thread in which large YAML files are parsed; see yaml-thread.ts, which starts it.
import { parentPort } from 'node:worker_threads';
import { parseYaml } from './parse-yaml.js';
import type { YamlPiece } from './yaml-pieces.js';

/** For each piece its value as JSON, or undefined where it is not well-formed. */
export type YamlReply = readonly (string | undefined)[];

parentPort?.on('message', (pieces: readonly YamlPiece[]) => {
  const reply: YamlReply = pieces.map((piece) => {
    const parsed = parseYaml(piece);
    return parsed.kind === 'value' ? JSON.stringify(parsed.value ?? null) : undefined;
  });
  parentPort?.postMessage(reply);
});
