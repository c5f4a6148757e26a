// demo/line-reader.ts: the lines that a child process prints, kept, and waited for.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../proxier/clock.js';

export interface LineReader {
  /** All lines so far; the last one, when the stream has ended, even if nothing ended it. */
  readonly lines: readonly string[];
  /** The first line, past or future, that fits; undefined when none came in time or the stream ended without it. */
  waitFor(fits: (line: string) => boolean, timeoutMs: number): Promise<string | undefined>;
}

/** Reads until the stream ends. `onLine` is told every line as it comes. */
export function readLines(
  stream: Readable,
  clock: Clock,
  onLine: (line: string) => void = () => {},
): LineReader {
  const decoder = new StringDecoder('utf8');
  const lines: string[] = [];
  const waiting = new Set<(line: string | undefined) => void>();
  let partial = '';
  let ended = false;

  const add = (line: string): void => {
    lines.push(line);
    onLine(line);
    for (const tell of waiting) tell(line);
  };
  stream.on('data', (chunk: Buffer) => {
    const parts = (partial + decoder.write(chunk)).split('\n');
    partial = parts.pop() ?? '';
    for (const line of parts) add(line);
  });
  stream.once('close', () => {
    if (partial !== '') add(partial);
    ended = true;
    for (const tell of waiting) tell(undefined);
  });

  return {
    lines,
    waitFor(fits, timeoutMs) {
      const past = lines.find(fits);
      if (past !== undefined || ended) return Promise.resolve(past);
      return new Promise((resolve) => {
        const settle = (line: string | undefined): void => {
          waiting.delete(tell);
          cancel();
          resolve(line);
        };
        const tell = (line: string | undefined): void => {
          if (line === undefined || fits(line)) settle(line);
        };
        const cancel = clock.after(timeoutMs, () => settle(undefined));
        waiting.add(tell);
      });
    },
  };
}
