// sources/file/manifest-source.ts: the Source that reads manifests from files and directories.
// One loop: look at the files, read those that changed, merge, deliver what differs. Events only end its sleep early.
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { Source, SourceHealth } from '../../proxier/source.js';
import { createDelivery, type Delivery } from './delivery.js';
import { listManifests, type ManifestList } from './manifest-list.js';
import { ManifestStates } from './manifest-states.js';
import { type Merged, mergeFiles } from './merge.js';
import { createDirectoryWatcher } from './watcher.js';

export interface ManifestSourceOptions {
  /** Files and directories (not recursive; `.yaml .yml .json`, hidden files are passed over). At least one. */
  readonly paths: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds between two looks at the files when no event comes. @default 500 */
  readonly pollMs?: number;
}

/** Events come in bursts. */
const wakeDelayMs = 50;

/**
 * A named path that is away (a directory, or a file) keeps its last state in force and makes the source fail; a file
 * that leaves a named directory takes its objects with it. A bad object, or a document that can't be read, leaves in
 * force what it last was; what is good beside it is applied. `synced` waits until every named path could be read once.
 */
export function createManifestSource({ paths, log, clock, pollMs = 500 }: ManifestSourceOptions): Source {
  const description = `manifests ${paths.join(', ')}`;
  let health: SourceHealth = { state: 'starting' };
  /** Of 20,000 objects: not to be made anew at each look. */
  let merged: { readonly version: number; readonly result: Merged } | undefined;
  let told: ReadonlySet<string> = new Set();
  let loop: Promise<void> | undefined;
  let closed = false;
  let woken = false;
  let endSleep = (): void => {};
  let setSynced = (): void => {};
  const synced = new Promise<void>((resolve) => {
    setSynced = resolve;
  });
  const states = new ManifestStates(log, clock, () => closed);
  const watcher = createDirectoryWatcher(() => {
    if (woken) return;
    woken = true;
    endSleep();
  }, log);

  async function run(delivery: Delivery): Promise<void> {
    while (!closed) {
      const nextInMs = await pass(delivery).catch((error: unknown) => {
        log.error({ err: error }, 'looking at the manifests failed; trying again');
        return pollMs;
      });
      if (!closed) await sleep(nextInMs);
    }
  }

  function sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel = clock.after(woken ? Math.min(wakeDelayMs, delayMs) : delayMs, resolve);
      endSleep = () => {
        cancel();
        if (closed) resolve();
        else cancel = clock.after(wakeDelayMs, resolve);
      };
    });
  }

  /** One look at everything. Resolves to the milliseconds until the next look. */
  async function pass(delivery: Delivery): Promise<number> {
    woken = false;
    let list = await listManifests(paths);
    if (states.missingFrom(list).length > 0) {
      // Editors and git take a file away for a moment to write it anew: gone is what a second look does not find.
      await sleep(wakeDelayMs);
      if (closed) return pollMs;
      list = await listManifests(paths);
    }
    await watcher.update(list.directories);
    let nextInMs = pollMs;
    for (const file of list.files) {
      const waitMs = await states.refresh(file);
      if (closed) return pollMs;
      if (waitMs > 0) nextInMs = Math.min(nextInMs, waitMs);
    }
    states.forgetRemoved(list);
    const ordered = states.inOrder();
    const { version } = states;
    if (merged?.version !== version) merged = { version, result: mergeFiles(ordered) };
    const { inForce, duplicates } = merged.result;
    const errors = list.troubles.map(({ path, message }) => `${path}: ${message}`);
    const warnings = [...duplicates];
    for (const { path, content } of ordered) {
      for (const { severity, text } of content.problems)
        (severity === 'error' ? errors : warnings).push(text);
      if (content.moreProblems > 0) warnings.push(`${path}: and ${content.moreProblems} more problems`);
    }
    tell(errors, warnings);
    await delivery.deliver(inForce, states.isWriting());
    if (!closed) settleHealth(errors, list);
    return nextInMs;
  }

  /** Each problem once, for as long as it stands. */
  function tell(errors: readonly string[], warnings: readonly string[]): void {
    for (const problem of errors) {
      if (!told.has(problem)) log.error({ problem }, 'manifest refused; what it last gave stays in force');
    }
    for (const problem of warnings) {
      if (!told.has(problem)) log.warn({ problem }, 'manifest is doubtful');
    }
    told = new Set([...errors, ...warnings]);
  }

  function settleHealth(errors: readonly string[], { troubles }: ManifestList): void {
    const isComplete = states.isComplete(paths) && !troubles.some(({ path }) => paths.includes(path));
    if (isComplete) setSynced();
    const [first] = errors;
    if (first !== undefined) {
      const message = errors.length > 1 ? `${first} (and ${errors.length - 1} more)` : first;
      const sinceMs = health.state === 'failing' ? health.sinceMs : clock.now();
      health = { state: 'failing', message, sinceMs };
    } else if (isComplete && health.state !== 'healthy') {
      if (health.state === 'failing') log.info({ source: description }, 'the manifests are read again');
      health = { state: 'healthy' };
    }
  }

  return {
    description,
    synced,
    start(handler) {
      if (loop || closed) return;
      loop = run(createDelivery({ handler, log, clock, isStopped: () => closed }));
    },
    health: () => health,
    async close() {
      closed = true;
      watcher.close();
      endSleep();
      await loop;
    },
  };
}
