// sources/file/merge.ts: what is in force where several files are read: pure decisions of the manifest source.
import type { Held } from './decode.js';
import type { ManifestContent } from './manifest-content.js';

/** The objects a file stands for after a reading: what is good in it, and the last good state of what is not. */
export function heldAfter(
  previous: ReadonlyMap<string, Held>,
  content: ManifestContent,
): ReadonlyMap<string, Held> {
  if (!content.incomplete && content.refusedKeys.size === 0) return content.objects;
  const held = new Map(content.objects);
  for (const [key, last] of previous) {
    if (!held.has(key) && (content.incomplete || content.refusedKeys.has(key))) held.set(key, last);
  }
  return held;
}

export interface Merged {
  readonly inForce: ReadonlyMap<string, Held>;
  /** One line for each object that a later file has too. */
  readonly duplicates: ReadonlySet<string>;
}

/** `files` in the order of precedence: the first that has an object wins. */
export function mergeFiles(
  files: readonly { readonly path: string; readonly held: ReadonlyMap<string, Held> }[],
): Merged {
  const inForce = new Map<string, Held>();
  const winners = new Map<string, string>();
  const duplicates = new Set<string>();
  for (const { path, held } of files) {
    for (const [key, object] of held) {
      const winner = winners.get(key);
      if (winner !== undefined) {
        duplicates.add(`${path}: ${key}: is in ${winner} too, which is used because it sorts first`);
        continue;
      }
      winners.set(key, path);
      inForce.set(key, object);
    }
  }
  return { inForce, duplicates };
}

export interface Changes {
  readonly upserts: readonly Held[];
  readonly removals: readonly Held[];
}

/** From what was delivered to what is in force; equal objects are no change. */
export function changesBetween(before: ReadonlyMap<string, Held>, after: ReadonlyMap<string, Held>): Changes {
  const upserts = [...after.values()].filter((held) => before.get(held.key)?.json !== held.json);
  const removals = [...before.values()].filter((held) => !after.has(held.key));
  return { upserts, removals };
}
