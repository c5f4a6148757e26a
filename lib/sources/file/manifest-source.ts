// sources/file/manifest-source.ts: the Source that reads manifests from files and directories.
// One loop: look at the files, read those that changed, merge, deliver what differs. Events only end its sleep early.
import { refOf } from '../../model/kube-objects.js';
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { Source, SourceHandler, SourceHealth } from '../../proxier/source.js';
import { type Held, objectOf } from './decode.js';
import { listManifests, type ManifestList } from './manifest-list.js';
import { ManifestStates } from './manifest-states.js';
import { changesBetween, mergeFiles } from './merge.js';
import { createPause } from './pause.js';
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
const sliceMs = 5;

/**
 * A named path that is away (a directory, or a file) keeps its last state in force and makes the source fail; a file
 * that leaves a named directory takes its objects with it. A bad object, or a document that can't be read, leaves in
 * force what it last was; what is good beside it is applied. `synced` waits until every named path could be read once.
 */
export function createManifestSource({ paths, log, clock, pollMs = 500 }: ManifestSourceOptions): Source {
  const description = `manifests ${paths.join(', ')}`;
  let handler: SourceHandler | undefined;
  let health: SourceHealth = { state: 'starting' };
  let delivered: ReadonlyMap<string, Held> = new Map();
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

  async function run(): Promise<void> {
    while (!closed) {
      const nextInMs = await pass().catch((error: unknown) => {
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
  async function pass(): Promise<number> {
    woken = false;
    const list = await listManifests(paths);
    await watcher.update(list.directories);
    let nextInMs = pollMs;
    for (const file of list.files) {
      const waitMs = await states.refresh(file);
      if (closed) return pollMs;
      if (waitMs > 0) nextInMs = Math.min(nextInMs, waitMs);
    }
    states.forgetRemoved(list);
    const ordered = states.inOrder();
    const { inForce, duplicates } = mergeFiles(ordered);
    const errors = list.troubles.map(({ path, message }) => `${path}: ${message}`);
    const warnings = [...duplicates];
    for (const { path, content } of ordered) {
      for (const { severity, text } of content.problems)
        (severity === 'error' ? errors : warnings).push(text);
      if (content.moreProblems > 0) warnings.push(`${path}: and ${content.moreProblems} more problems`);
    }
    tell(errors, warnings);
    await deliver(inForce);
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

  async function deliver(inForce: ReadonlyMap<string, Held>): Promise<void> {
    const { upserts, removals } = changesBetween(delivered, inForce);
    delivered = inForce;
    if (upserts.length + removals.length === 0) return;
    log.debug({ upserts: upserts.length, removals: removals.length }, 'manifests changed');
    const pause = createPause(sliceMs);
    for (const held of upserts) {
      hand(held, (target) => target.upsert(objectOf(held)));
      await pause();
      if (closed) return;
    }
    for (const held of removals) {
      hand(held, (target) => target.remove(refOf(objectOf(held))));
      await pause();
      if (closed) return;
    }
  }

  function hand(held: Held, call: (target: SourceHandler) => void): void {
    try {
      if (handler) call(handler);
    } catch (error) {
      log.error({ object: held.key, err: error }, 'the handler of this object failed');
    }
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
    start(target) {
      if (loop || closed) return;
      handler = target;
      loop = run();
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
