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
/** The same, for a file in which a syntax error was found, or nothing where there was something. */
const suspectMs = 500;
/** A file that never stops changing is read all the same. */
const maxSettleMs = 1000;

export class ManifestStates {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #isStopped: () => boolean;
  readonly #states = new Map<string, ManifestState>();
  /** Changed files that are not read yet, and since when (Clock.monotonic). */
  readonly #waiting = new Map<string, number>();
  #version = 0;

  constructor(log: Log, clock: Clock, isStopped: () => boolean) {
    this.#log = log;
    this.#clock = clock;
    this.#isStopped = isStopped;
  }

  /** Differs when anything that inOrder() gives does. */
  get version(): number {
    return this.#version;
  }

  /** Some file has changed so recently that it is not read yet. */
  isWriting(): boolean {
    return this.#waiting.size > 0;
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
    const nowMs = this.#clock.monotonic();
    const sinceMs = this.#waiting.get(path) ?? nowMs;
    const mayWait = nowMs - sinceMs < maxSettleMs;
    const ageMs = Math.max(0, this.#clock.now() - file.modifiedMs);
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
      const lostAll = content.objects.size === 0 && last !== undefined && last.held.size > 0;
      if ((content.hasSyntaxError || lostAll) && ageMs < suspectMs && mayWait) {
        this.#waiting.set(path, sinceMs);
        return suspectMs - ageMs;
      }
      const held = heldAfter(last?.held ?? new Map(), content);
      this.#set({ path, root, signature, content, held });
    } catch (error) {
      const problem = { severity: 'error', text: `${path}: ${describe(error)}` } as const;
      const content = { ...emptyContent, incomplete: true, problems: [problem] };
      this.#set({ path, root, signature: '', content, held: last?.held ?? new Map() });
    }
    this.#waiting.delete(path);
    return 0;
  }

  /** Files known and not in the list; not those that only can't be looked at, or whose named path is away. */
  missingFrom({ files, troubles }: ManifestList): readonly string[] {
    const present = new Set(files.map((file) => file.path));
    const unseen = new Set(troubles.map((trouble) => trouble.path));
    const missing = [...this.#states.values()].filter(
      ({ path, root }) => !present.has(path) && !unseen.has(path) && !unseen.has(root),
    );
    return missing.map(({ path }) => path);
  }

  forgetRemoved(list: ManifestList): void {
    for (const path of this.missingFrom(list)) {
      this.#states.delete(path);
      this.#version += 1;
    }
    const present = new Set(list.files.map((file) => file.path));
    for (const path of this.#waiting.keys()) {
      if (!present.has(path)) this.#waiting.delete(path);
    }
  }

  #set(state: ManifestState): void {
    this.#states.set(state.path, state);
    this.#version += 1;
  }
}
