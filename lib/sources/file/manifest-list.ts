// sources/file/manifest-list.ts: which manifest files there are now, below the paths that the user named.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface ManifestFile {
  /** As it is told to the user: the named path, with the entry's name for a directory. */
  readonly path: string;
  /** The named path that it was found through. */
  readonly root: string;
  /** Differs when the file was edited, replaced or its permissions changed. */
  readonly signature: string;
  readonly modifiedMs: number;
}

export interface ManifestList {
  /** Sorted by path: the first one wins where an object is in two. */
  readonly files: readonly ManifestFile[];
  /** Files and named paths that can't be looked at; what they last gave stays in force. */
  readonly troubles: readonly { readonly path: string; readonly message: string }[];
  /** Directories in which a change may concern us. */
  readonly directories: readonly string[];
}

/** Looks at every named path: a few system calls per file, nothing is opened. Never rejects. */
export async function listManifests(roots: readonly string[]): Promise<ManifestList> {
  const files = new Map<string, ManifestFile>();
  const troubles: { path: string; message: string }[] = [];
  const directories = new Set<string>();

  for (const root of roots) {
    try {
      const found = await stat(root, { bigint: true });
      if (found.isDirectory()) {
        directories.add(root);
        await listDirectory(root);
      } else if (found.isFile()) {
        directories.add(dirname(root));
        add({ path: root, root, ...stampOf(found) });
      } else {
        troubles.push({ path: root, message: 'neither a file nor a directory' });
      }
    } catch (error) {
      directories.add(dirname(root));
      troubles.push({ path: root, message: describe(error) });
    }
  }

  async function listDirectory(root: string): Promise<void> {
    for (const name of await readdir(root)) {
      if (name.startsWith('.') || !/\.(?:ya?ml|json)$/.test(name)) continue;
      const path = join(root, name);
      try {
        // Follows symbolic links, so that the swap of a ConfigMap's `..data` shows as another file.
        const found = await stat(path, { bigint: true });
        if (found.isFile()) add({ path, root, ...stampOf(found) });
      } catch (error) {
        // Gone since the directory was read, or a link to nothing: no file.
        if (!isAbsent(error)) troubles.push({ path, message: describe(error) });
      }
    }
  }
  /** A file that is named and is in a named directory too is one file. */
  function add(file: ManifestFile): void {
    const absolute = resolve(file.path);
    if (!files.has(absolute)) files.set(absolute, file);
  }

  const sorted = [...files.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
  return { files: sorted, troubles, directories: [...directories] };
}

/** One line for the user; the system's own words where there are some. */
export function describe(error: unknown): string {
  if (isAbsent(error)) return 'does not exist';
  return error instanceof Error ? error.message : String(error);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function stampOf(found: {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly mtimeMs: bigint;
}): { signature: string; modifiedMs: number } {
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs } = found;
  return { signature: [dev, ino, size, mtimeNs, ctimeNs].join(':'), modifiedMs: Number(mtimeMs) };
}
