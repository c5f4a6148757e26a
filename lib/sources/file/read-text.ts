// sources/file/read-text.ts: a manifest file's whole text, if it can be had and is of a sane size.
import { open } from 'node:fs/promises';

/** The text of a larger file would use up by itself what the program may need. */
export const maxFileBytes = 256 * 2 ** 20;

/** Rejects where it is no regular file, too large or unreadable. */
export async function readText(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('not a regular file');
    if (stat.size > maxFileBytes) {
      throw new Error(`${stat.size} bytes, which is more than ${maxFileBytes / 2 ** 20} MiB`);
    }
    // Not readFile('utf8'): that joins pieces, and needs the text twice when it is first looked into.
    return (await file.readFile()).toString('utf8');
  } finally {
    await file.close();
  }
}
