// sources/file/manifest-states.ts: what is known of each manifest file, and when a changed one is ready to be read.
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { Held } from './decode.js';
import { emptyContent, type ManifestContent, parseManifest } from './manifest-content.js';
import { describe, type ManifestFile, type ManifestList } from './manifest-list.js';
import { heldAfter } from './merge.js';
import { readText } from './read-text.js';

export interface ManifestState {
  readonly path: string;
  /** The path it was found through, as the user named it. */
  readonly root: string;
  /** '' after a failed reading: it is tried again each time. */
  readonly signature: string;
  readonly content: ManifestContent;
  /** The objects that the file stands for: see heldAfter. */
  readonly held: ReadonlyMap<string, Held>;
}

/** A file that changed this recently may still be being written. */
const settleMs = 100;
/** The same, for a file in which a syntax error was found. */
const suspectMs = 500;
/** A file that never stops changing is read all the same. */
const maxSettleMs = 1000;

export class ManifestStates {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #isStopped: () => boolean;
  readonly #states = new Map<string, ManifestState>();
  /** Changed files that are not read yet, and since when. */
  readonly #waiting = new Map<string, number>();

  constructor(log: Log, clock: Clock, isStopped: () => boolean) {
    this.#log = log;
    this.#clock = clock;
    this.#isStopped = isStopped;
  }

  /** In the order of precedence: by path. */
  inOrder(): readonly ManifestState[] {
    return [...this.#states.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
  }

  /** Whether every file, and every one of the named `roots`, has been read as it is now. */
  isComplete(roots: readonly string[]): boolean {
    return this.#waiting.size === 0 && roots.every((root) => this.#states.get(root)?.signature !== '');
  }

  /** Reads the file if it changed; or says in how many milliseconds it should be looked at again (0: done). */
  async refresh(file: ManifestFile): Promise<number> {
    const { path, root, signature } = file;
    const last = this.#states.get(path);
    if (last?.signature === signature) return 0;
    const now = this.#clock.now();
    const sinceMs = this.#waiting.get(path) ?? now;
    const mayWait = now - sinceMs < maxSettleMs;
    const ageMs = Math.max(0, now - file.modifiedMs);
    if (ageMs < settleMs && mayWait) {
      this.#waiting.set(path, sinceMs);
      return settleMs - ageMs;
    }
    const onSkipped = (kind: string): void => {
      this.#log.debug({ manifest: path, kind }, 'not a kind that is read; skipped');
    };
    try {
      const options = {
        path,
        previous: last?.content ?? emptyContent,
        onSkipped,
        isStopped: this.#isStopped,
      };
      const content = await parseManifest(await readText(path), options);
      if (this.#isStopped()) return 0;
      if (content.hasSyntaxError && ageMs < suspectMs && mayWait) {
        this.#waiting.set(path, sinceMs);
        return suspectMs - ageMs;
      }
      const held = heldAfter(last?.held ?? new Map(), content);
      this.#states.set(path, { path, root, signature, content, held });
    } catch (error) {
      const problem = { severity: 'error', text: `${path}: ${describe(error)}` } as const;
      const content = { ...emptyContent, incomplete: true, problems: [problem] };
      this.#states.set(path, { path, root, signature: '', content, held: last?.held ?? new Map() });
    }
    this.#waiting.delete(path);
    return 0;
  }

  /** Forgets files that are gone; not those that only can't be looked at, or whose named path is away. */
  forgetRemoved({ files, troubles }: ManifestList): void {
    const present = new Set(files.map((file) => file.path));
    const unseen = new Set(troubles.map((trouble) => trouble.path));
    for (const { path, root } of this.#states.values()) {
      if (present.has(path) || unseen.has(path) || unseen.has(root)) continue;
      this.#states.delete(path);
    }
    for (const path of this.#waiting.keys()) {
      if (!present.has(path)) this.#waiting.delete(path);
    }
  }
}
