// sources/kube/reflector.ts: keeps the SourceHandler in step with one kind of object: list, watch from there, and
// again. Level-triggered towards the API server: after any trouble it goes on from where it was, or compares a
// complete list with what was delivered. Nothing is removed because the server is away.
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { SourceHandler } from '../../proxier/source.js';
import type { ApiClient } from './api-client.js';
import { ApiStatusError, isExpired, isUnauthorized } from './api-error.js';
import { createBackoff } from './backoff.js';
import { createDelivery, resourceVersionOf } from './delivery.js';
import type { KubeResource } from './kube-resource.js';
import { listAll } from './list.js';
import { nextTry } from './next-try.js';
import type { KubeTiming } from './timing.js';
import { wait } from './wait.js';
import { watchOnce } from './watch.js';

export interface ReflectorTrouble {
  /** The last error's. */
  readonly message: string;
  /** Of the first of the failures in a row; wall clock and monotonic, in ms. */
  readonly sinceMs: number;
  readonly sinceMonotonicMs: number;
}

export interface Reflector {
  /** Resolves when the first complete list has been delivered; never rejects. */
  readonly synced: Promise<void>;
  start(handler: SourceHandler): void;
  /** Undefined while a watch stands. */
  trouble(): ReflectorTrouble | undefined;
  /** No handler call follows its call; resolves when the connection is closed. Idempotent. */
  close(): Promise<void>;
}

export interface ReflectorOptions {
  readonly resource: KubeResource;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: KubeTiming;
  /** As Math.random. */
  readonly random: () => number;
}

const pageLimit = 500;
/** So often may pages expire before the whole list is asked for at once. */
const maxExpiredLists = 2;
/** A server may ask for more patience than this, in ms; it does not get it. */
const maxRetryAfterMs = 60_000;

export function createReflector(options: ReflectorOptions): Reflector {
  const { resource, client, clock, log, timing, random } = options;
  const backoff = createBackoff(timing.backoffInitialMs, timing.backoffMaxMs, random);
  const closing = new AbortController();
  const { signal } = closing;
  let running: Promise<void> = Promise.resolve();
  let fieldSelector = resource.fieldSelector;
  /** Where to watch from; undefined: list first. */
  let resourceVersion: string | undefined;
  let expiredInARow = 0;
  let failedWatches = 0;
  let trouble: ReflectorTrouble | undefined;
  let resolveSynced = () => {};
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });

  function recovered(): void {
    backoff.reset();
    expiredInARow = 0;
    failedWatches = 0;
    if (trouble === undefined) return;
    const elapsedMs = Math.round(clock.monotonic() - trouble.sinceMonotonicMs);
    log.info({ kind: resource.kind, elapsedMs }, 'the API server answers again');
    trouble = undefined;
  }

  async function list(delivery: ReturnType<typeof createDelivery>): Promise<void> {
    const limit = expiredInARow > maxExpiredLists ? undefined : pageLimit;
    delivery.beginList();
    const version = await listAll({ client, resource, fieldSelector, limit, signal }, (items) => {
      for (const item of items) delivery.upsert(item);
    });
    delivery.endList();
    resourceVersion = version;
    resolveSynced();
  }

  async function watch(delivery: ReturnType<typeof createDelivery>, from: string): Promise<void> {
    const { min, max } = timing.watchTimeoutSeconds;
    const timeoutSeconds = Math.ceil(min + random() * (max - min));
    const request = { client, resource, fieldSelector, resourceVersion: from, timeoutSeconds, clock, signal };
    let cancelStands: (() => void) | undefined;
    try {
      await watchOnce(
        { ...request, slackMs: timing.watchSlackMs },
        {
          opened: () => {
            cancelStands = clock.after(timing.minWatchMs, recovered);
          },
          event: (type, object) => {
            if (type === 'DELETED') delivery.remove(object);
            else if (type !== 'BOOKMARK') delivery.upsert(object);
            resourceVersion = resourceVersionOf(object) || resourceVersion;
            recovered();
          },
          unknownType: (type) =>
            log.warn({ kind: resource.kind, type }, 'an event of an unknown type was left out'),
        },
      );
    } finally {
      cancelStands?.();
    }
  }

  /** How long to wait before the next attempt, in ms. */
  function afterFailure(error: unknown, attempted: 'list' | 'watch', lastedMs: number): number {
    if (attempted === 'watch') failedWatches += 1;
    const next = nextTry(error, {
      attempted,
      failedWatches,
      fieldSelectorOptional: resource.fieldSelectorOptional && fieldSelector !== undefined,
    });
    if (isUnauthorized(error)) client.refreshCredentials();
    if (next !== 'watch') resourceVersion = undefined;
    if (next === 'list-without-field-selector') {
      log.info(
        { kind: resource.kind, fieldSelector },
        'the API server does not know this field selector: left out',
      );
      fieldSelector = undefined;
      return 0;
    }
    if (isExpired(error)) {
      // The ordinary end of a watch after a long absence: no trouble yet, and nothing to wait for.
      expiredInARow += 1;
      log.info({ kind: resource.kind, err: error }, 'the history has moved on; listing again');
      if (expiredInARow === 1) return 0;
    }
    const message = error instanceof Error ? error.message : String(error);
    const started = trouble ?? { sinceMs: clock.now(), sinceMonotonicMs: clock.monotonic() };
    trouble = { ...started, message };
    // A long watch that breaks is how a server restarts: try at once, and be patient only when that fails too.
    const broke = attempted === 'watch' && !(error instanceof ApiStatusError) && next === 'watch';
    const delayMs = broke && lastedMs >= timing.minWatchMs ? 0 : withRetryAfter(backoff.next(), error);
    log.warn(
      { kind: resource.kind, attempted, err: error, delayMs: Math.round(delayMs) },
      'reading from the API server failed; trying again',
    );
    return delayMs;
  }

  async function run(handler: SourceHandler): Promise<void> {
    const delivery = createDelivery(resource, handler, log);
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      const from = resourceVersion;
      let delayMs = 0;
      try {
        if (from === undefined) {
          await list(delivery);
        } else {
          await watch(delivery, from);
          // A clean end is ordinary, unless it comes at once.
          if (clock.monotonic() - startedMs < timing.minWatchMs) delayMs = backoff.next();
        }
      } catch (error) {
        if (signal.aborted) return;
        const attempted = from === undefined ? 'list' : 'watch';
        delayMs = afterFailure(error, attempted, clock.monotonic() - startedMs);
      }
      await wait(clock, delayMs, signal);
    }
  }

  return {
    synced,
    start: (handler) => {
      running = run(handler).catch((err: unknown) => {
        // Every expected failure is caught inside the loop.
        log.error({ kind: resource.kind, err }, 'the reflector ended');
        trouble = { message: String(err), sinceMs: clock.now(), sinceMonotonicMs: clock.monotonic() };
      });
    },
    trouble: () => trouble,
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

function withRetryAfter(delayMs: number, error: unknown): number {
  const asked = error instanceof ApiStatusError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(delayMs, Math.min(asked, maxRetryAfterMs));
}
