// proxier/proxier.ts: the loop. Objects from the source only mark the model dirty; the runner brings listeners, rules
// and conntrack to the whole present state. Level-triggered: a sync that failed is simply done again.
import type { NodeFacts } from '../model/node-facts.js';
import type { Snapshot } from '../model/snapshot.js';
import {
  type BoundedFrequencyRunner,
  boundedFrequencyRunner,
  type RunOutcome,
} from './bounded-frequency-runner.js';
import type { DataPlaneTotals, Listener } from './data-plane.js';
import type { ProxierOptions } from './options.js';
import type { RulesPlan } from './plan.js';
import type { SctpTotals } from './sctp-relay.js';
import { type StatusSources, servicePortStatus, servicePortStatuses } from './service-port-status.js';
import { changedSettings, type ProxierSettings } from './settings.js';
import type { SourceHealth } from './source.js';
import type { ProxierStatus, ServicePortStatus, ServiceProblem, SyncHealth, SyncStats } from './status.js';
import { SyncWork } from './sync-work.js';

const retryIntervalMs = 500;
// A lock or a program that is missing for long may be there again any moment, and Services wait for it.
const maxRetryMs = 5_000;

export class Proxier implements ProxierStatus {
  /** Resolves after the first sync that brought everything to the desired state. */
  readonly firstSync: Promise<void>;
  readonly #options: ProxierOptions;
  readonly #work: SyncWork;
  #settings: ProxierSettings;
  readonly #runner: BoundedFrequencyRunner;
  #sourceSynced = false;
  #busy: Promise<unknown> = Promise.resolve();
  #cancelWatch: () => void = () => {};
  #stopping: Promise<void> | undefined;
  #refreshPlanned = false;
  #cancelRefresh: () => void = () => {};

  constructor(options: ProxierOptions) {
    this.#options = options;
    this.#settings = options;
    this.#work = new SyncWork(options, () => this.#settings);
    this.firstSync = this.#work.firstSync;
    this.#runner = boundedFrequencyRunner({
      clock: options.clock,
      minIntervalMs: options.minSyncPeriodMs,
      maxIntervalMs: options.syncPeriodMs,
      retryIntervalMs,
      maxRetryMs,
      run: () => this.#serially(() => this.#sync()),
      onError: (err) => options.log.error({ err }, 'sync failed'),
    });
  }

  get dataPlane(): 'node' | 'linux' {
    return this.#options.dataPlane.kind;
  }

  /** No rule is touched and no listener opened before the source has delivered its first complete list. */
  start(): void {
    const { source, model, log } = this.#options;
    source.start({
      upsert: (object) => {
        model.upsert(object);
        this.#changed();
      },
      remove: (ref) => {
        model.remove(ref);
        this.#changed();
      },
    });
    source.synced.then(
      () => {
        log.info({ source: source.description }, 'source synced');
        this.#sourceSynced = true;
        this.#request();
        this.#scheduleWatch();
      },
      (err: unknown) => log.error({ err, source: source.description }, 'source can not be read'),
    );
  }

  /** New settings, in force with the sync that follows, which begins soon. The same ones again are free. */
  reconfigure(settings: ProxierSettings): void {
    const next = changedSettings(this.#settings, settings);
    if (next === this.#settings) return;
    this.#settings = next;
    const { minSyncPeriodMs: minIntervalMs, syncPeriodMs: maxIntervalMs } = next;
    this.#runner.setIntervals({ minIntervalMs, maxIntervalMs });
    if (this.#sourceSynced) this.#request();
  }

  /**
   * Shutdown in order: no more syncs, no more objects; stop accepting; let connections end for up to `graceMs`; remove
   * rules where asked. Without `cleanup` the rules stay: they lead to the same ports again after a restart. Idempotent.
   */
  stop(options: { readonly graceMs: number; readonly cleanup: boolean }): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop({ graceMs, cleanup }: { readonly graceMs: number; readonly cleanup: boolean }): Promise<void> {
    const { source, dataPlane, rules } = this.#options;
    this.#cancelWatch();
    this.#cancelRefresh();
    const failures: unknown[] = [];
    const steps: (() => Promise<unknown>)[] = [
      () => source.close(),
      () => this.#runner.close(),
      () => this.#busy,
      () => dataPlane.close(graceMs),
      ...(cleanup ? [() => rules.cleanup()] : []),
    ];
    // Each step is owed, whatever became of the one before.
    for (const step of steps) await step().catch((err: unknown) => failures.push(err));
    if (failures.length > 0) throw new AggregateError(failures, 'the proxier could not stop cleanly');
  }

  sourceHealth(): SourceHealth {
    return this.#options.source.health();
  }

  /** Unhealthy while it stops: whoever sends traffic here should stop, too. */
  syncHealth(): SyncHealth {
    const health = this.#work.health.read();
    return this.#stopping ? { ...health, healthy: false } : health;
  }

  snapshot(): Snapshot {
    return this.#work.taken.snapshot;
  }

  node(): NodeFacts {
    return this.#work.taken.node;
  }

  servicePorts(): Iterable<ServicePortStatus> {
    return servicePortStatuses(this.#statusSources());
  }

  servicePort(key: string): ServicePortStatus | undefined {
    return servicePortStatus(key, this.#statusSources());
  }

  plan(): RulesPlan | undefined {
    return this.#work.syncer.plan;
  }

  *listeners(): Iterable<Listener> {
    for (const { listener } of this.#work.syncer.listeners.all()) yield listener;
  }

  totals(): DataPlaneTotals {
    return this.#options.dataPlane.totals();
  }

  sctpTotals(): SctpTotals | undefined {
    return this.#options.dataPlane.sctpTotals?.();
  }

  problems(): readonly ServiceProblem[] {
    return this.#work.problems.current();
  }

  stats(): SyncStats {
    const pending = this.#options.model.pending();
    const total = this.#options.model.totals();
    return {
      serviceChangesPending: pending.serviceChanges,
      serviceChangesTotal: total.serviceChanges,
      endpointChangesPending: pending.endpointChanges,
      endpointChangesTotal: total.endpointChanges,
      ...this.#work.counters.read(),
    };
  }

  #statusSources(): StatusSources {
    const { listeners, endpoints, plan } = this.#work.syncer;
    const { snapshot } = this.#work.taken;
    return { snapshot, held: listeners.held, endpoints, plan, problems: this.problems() };
  }

  #changed(): void {
    if (!this.#sourceSynced || !this.#options.model.isDirty()) return;
    this.#request();
    this.#refreshSoon();
  }

  #request(): void {
    this.#work.health.queued();
    this.#runner.request();
  }

  /**
   * A sync may have to wait for the packet filter (a lock, a slow machine); endpoints do not. While one is under way,
   * what changes reaches the open listeners beside it.
   */
  #refreshSoon(): void {
    if (!this.#work.isUnderWay || this.#refreshPlanned) return;
    this.#refreshPlanned = true;
    this.#cancelRefresh = this.#options.clock.after(this.#settings.minSyncPeriodMs, () => {
      this.#refreshPlanned = false;
      if (!this.#stopping) this.#work.refresh();
    });
  }

  /** Syncs and looks at the rules never overlap. */
  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(work);
    this.#busy = result.catch(() => {});
    return result;
  }

  async #sync(): Promise<RunOutcome> {
    const { rulesInPlace, complete, followUp } = await this.#work.sync();
    if (!rulesInPlace) return 'failed';
    if (followUp) this.#runner.request();
    return complete ? 'done' : 'retry-later';
  }

  #scheduleWatch(): void {
    const { clock, watchPeriodMs, log } = this.#options;
    if (this.#stopping) return;
    this.#cancelWatch = clock.after(watchPeriodMs, () => {
      this.#serially(() => this.#watch())
        .catch((err: unknown) => log.warn({ err }, 'looking at the rules failed'))
        .finally(() => this.#scheduleWatch());
    });
  }

  async #watch(): Promise<void> {
    if (!this.#stopping) await this.#work.look(() => this.#request());
  }
}
