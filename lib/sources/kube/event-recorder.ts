// sources/kube/event-recorder.ts: writes Events to the API server, one after the other and beside everything else. What
// can't be written is a line in the debug log: forwarding never depends on it, and trying again would only add to a
// server's troubles.
import type { Clock } from '../../proxier/clock.js';
import type { EventRecorder, ProxyEvent } from '../../proxier/event-recorder.js';
import type { Log } from '../../proxier/log.js';
import { type ApiClient, createApiClient } from './api-client.js';
import { isConflict, isNotFound, isUnauthorized } from './api-error.js';
import { eventBody, eventKey, namespaceOf, type Reporter, seriesPatch } from './event-body.js';
import { createEventBudget } from './event-budget.js';
import { type ClusterOptions, loadClusterAccess } from './load-config.js';
import { defaultKubeTiming, type KubeTiming } from './timing.js';
import { wait } from './wait.js';

export interface EventRecorderOptions extends ClusterOptions, Reporter {
  readonly clock: Clock;
  readonly log: Log;
  /** Delays and deadlines that differ from defaultKubeTiming. */
  readonly timing?: Partial<KubeTiming>;
  /** Milliseconds between two writes. @default 200, kube-proxy's 5 in a second (clientConnection.qps) */
  readonly writeIntervalMs?: number;
}

/** What was written of an event. */
interface Written {
  readonly name: string;
  readonly count: number;
  /** Clock.monotonic(), of the last time that it happened. */
  readonly atMs: number;
}

/** More than these wait for their turn only where the server is away, and by then they are old. */
const maxWaiting = 1000;
/** Kept to count up what happens again; those that happened longest ago go first. */
const maxKnown = 4096;
/** The API server forgets Events after an hour: what happens again later is a new one. client-go: 6 and 30 minutes. */
const seriesEndsMs = 30 * 60_000;

/** Rejects with ClusterConfigError when the configuration can't be used; nothing is asked of the API server. */
export async function createEventRecorder(options: EventRecorderOptions): Promise<EventRecorder> {
  const { clock } = options;
  const timing = { ...defaultKubeTiming, ...options.timing };
  const access = await loadClusterAccess(options);
  return new ApiEventRecorder(options, createApiClient({ access, clock, timing }));
}

class ApiEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #client: ApiClient;
  readonly #budget: ReturnType<typeof createEventBudget>;
  readonly #known = new Map<string, Written>();
  readonly #closing = new AbortController();
  #waiting: ProxyEvent[] = [];
  #work: Promise<void> | undefined;

  constructor(options: EventRecorderOptions, client: ApiClient) {
    this.#options = options;
    this.#client = client;
    this.#budget = createEventBudget(options.clock);
  }

  record(event: ProxyEvent): void {
    const { kind, namespace, name } = event.regarding;
    const { log } = this.#options;
    if (this.#closing.signal.aborted) return;
    if (!this.#budget.take(`${kind} ${namespace}/${name}`) || this.#waiting.length >= maxWaiting) {
      log.debug({ event }, 'too many events: this one is left out');
      return;
    }
    this.#waiting.push(event);
    this.#work ??= this.#writeAll();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#waiting = [];
    await this.#work;
    this.#client.close();
  }

  async #writeAll(): Promise<void> {
    const { clock, log, writeIntervalMs = 200 } = this.#options;
    const { signal } = this.#closing;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        await this.#write(event, signal);
      } catch (err) {
        if (isUnauthorized(err)) this.#client.refreshCredentials();
        if (!signal.aborted) log.debug({ err, event }, 'an event could not be written');
      }
      await wait(clock, writeIntervalMs, signal);
    }
    // In the same turn as the last look: an event that comes now starts the work anew.
    this.#work = undefined;
  }

  async #write(event: ProxyEvent, signal: AbortSignal): Promise<void> {
    const key = eventKey(event, this.#options.uidOf);
    const known = this.#known.get(key);
    const nowMs = this.#options.clock.monotonic();
    if (known !== undefined && nowMs - known.atMs < seriesEndsMs) {
      if (event.clusterWide === true || (await this.#countUp(event, known, signal))) {
        this.#remember(key, { ...known, count: known.count + 1, atMs: nowMs });
        return;
      }
    }
    const name = await this.#create(event, signal);
    this.#remember(key, { name, count: 1, atMs: nowMs });
  }

  async #create(event: ProxyEvent, signal: AbortSignal): Promise<string> {
    const { clock, nodeName } = this.#options;
    const nowMs = clock.now();
    const body = eventBody(event, this.#options, nowMs, event.clusterWide ? '' : `${nodeName} ${nowMs}`);
    const write = { method: 'POST', contentType: 'application/json', body } as const;
    try {
      await this.#client.writeJson(write, eventsPath(event), signal);
    } catch (err) {
      // Another node has said it.
      if (!isConflict(err)) throw err;
    }
    return body.metadata?.name ?? '';
  }

  /** False: it is gone by now. */
  async #countUp(event: ProxyEvent, { name, count }: Written, signal: AbortSignal): Promise<boolean> {
    const body = seriesPatch(count + 1, this.#options.clock.now());
    const write = { method: 'PATCH', contentType: 'application/merge-patch+json', body } as const;
    try {
      await this.#client.writeJson(write, `${eventsPath(event)}/${name}`, signal);
      return true;
    } catch (err) {
      if (isNotFound(err)) return false;
      throw err;
    }
  }

  #remember(key: string, written: Written): void {
    this.#known.delete(key);
    this.#known.set(key, written);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }
}

function eventsPath(event: ProxyEvent): string {
  return `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespaceOf(event))}/events`;
}
