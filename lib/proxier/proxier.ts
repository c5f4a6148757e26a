// proxier/proxier.ts: the loop. Objects from the source only mark the model dirty; the runner brings listeners, rules
// and conntrack to the whole present state. Level-triggered: a sync that failed is simply done again.
import type { Snapshot } from '../model/snapshot.js';
import {
  type BoundedFrequencyRunner,
  boundedFrequencyRunner,
  type RunOutcome,
} from './bounded-frequency-runner.js';
import type { DataPlaneTotals, Listener } from './data-plane.js';
import type { HostNetworkState } from './host-network.js';
import type { ProxierOptions } from './options.js';
import { type ProblemBoard, problemBoard } from './problems.js';
import type { SctpTotals } from './sctp-relay.js';
import type { SourceHealth } from './source.js';
import type { ProxierStatus, ServiceProblem, SyncHealth, SyncStats } from './status.js';
import { type SyncHealthTracker, syncHealthTracker } from './sync-health.js';
import { type PassResult, Syncer } from './syncer.js';

const retryIntervalMs = 500;
// A lock or a program that is missing for long may be there again any moment, and Services wait for it.
const maxRetryMs = 5_000;
// Reading all rules back costs time that grows with their number: it may take this share of the time, not more.
const verifyShare = 1 / 500;
// While syncs fail they pile up; a histogram needs no more.
const maxTriggerTimes = 10_000;

export class Proxier implements ProxierStatus {
  /** Resolves after the first sync that brought everything to the desired state. */
  readonly firstSync: Promise<void>;
  readonly #options: ProxierOptions;
  readonly #syncer: Syncer;
  readonly #runner: BoundedFrequencyRunner;
  readonly #health: SyncHealthTracker;
  readonly #problems: ProblemBoard;
  #resolveFirstSync: () => void = () => {};
  readonly #startedAtMs: number;
  #snapshot: Snapshot = { servicePorts: new Map(), endpoints: new Map(), problems: [] };
  #triggerTimesMs: number[] = [];
  #sourceSynced = false;
  #busy: Promise<unknown> = Promise.resolve();
  #cancelWatch: () => void = () => {};
  #stopping: Promise<void> | undefined;
  /** A pass is under way. */
  #syncing = false;
  #refreshPlanned = false;
  #cancelRefresh: () => void = () => {};
  #verifyAtMs = 0;
  #host: HostNetworkState | undefined;
  #lastRules: Readonly<Record<'nat' | 'filter', number>> = { nat: 0, filter: 0 };
  #counters = { restoreFailures: 0, written: 0, deleted: 0, drifts: 0, conntrack: 0 };

  constructor(options: ProxierOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    this.#syncer = new Syncer(options);
    this.#health = syncHealthTracker(options.clock, 2 * options.syncPeriodMs);
    this.#problems = problemBoard(options.log);
    this.firstSync = new Promise((resolve) => {
      this.#resolveFirstSync = resolve;
    });
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
        this.#health.queued();
        this.#runner.request();
        this.#scheduleWatch();
      },
      (err: unknown) => log.error({ err, source: source.description }, 'source can not be read'),
    );
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
    const health = this.#health.read();
    return this.#stopping ? { ...health, healthy: false } : health;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  listeners(): Iterable<Listener> {
    return this.#syncer.listeners.listeners();
  }

  totals(): DataPlaneTotals {
    return this.#options.dataPlane.totals();
  }

  sctpTotals(): SctpTotals | undefined {
    return this.#options.dataPlane.sctpTotals?.();
  }

  problems(): readonly ServiceProblem[] {
    return this.#problems.current();
  }

  stats(): SyncStats {
    const pending = this.#options.model.pending();
    const total = this.#options.model.totals();
    return {
      serviceChangesPending: pending.serviceChanges,
      serviceChangesTotal: total.serviceChanges,
      endpointChangesPending: pending.endpointChanges,
      endpointChangesTotal: total.endpointChanges,
      restoreFailuresTotal: this.#counters.restoreFailures,
      rulesTotal: this.#lastRules,
      rulesWrittenTotal: this.#counters.written,
      rulesDeletedTotal: this.#counters.deleted,
      driftsTotal: this.#counters.drifts,
      conntrackDeletedTotal: this.#counters.conntrack,
    };
  }

  #changed(): void {
    if (!this.#sourceSynced || !this.#options.model.isDirty()) return;
    this.#request();
    this.#refreshSoon();
  }

  #request(): void {
    this.#health.queued();
    this.#runner.request();
  }

  /**
   * A sync may have to wait for the packet filter (a lock, a slow machine); endpoints do not. While one is under way,
   * what changes reaches the open listeners beside it.
   */
  #refreshSoon(): void {
    if (!this.#syncing || this.#refreshPlanned) return;
    this.#refreshPlanned = true;
    this.#cancelRefresh = this.#options.clock.after(this.#options.minSyncPeriodMs, () => {
      this.#refreshPlanned = false;
      if (!this.#syncing || this.#stopping) return;
      this.#takeSnapshot();
      this.#syncer.refresh(this.#snapshot);
    });
  }

  #takeSnapshot(): void {
    const { snapshot, triggerTimesMs } = this.#options.model.takeSnapshot();
    this.#snapshot = snapshot;
    for (const at of triggerTimesMs) {
      // The first list carries the times of changes from before our start: not ours to answer for (as in kube-proxy).
      if (at >= this.#startedAtMs && this.#triggerTimesMs.length < maxTriggerTimes)
        this.#triggerTimesMs.push(at);
    }
  }

  /** Syncs and looks at the rules never overlap. */
  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(work);
    this.#busy = result.catch(() => {});
    return result;
  }

  async #sync(): Promise<RunOutcome> {
    const { host, rules, clock, observer, log } = this.#options;
    const startedAtMs = clock.now();
    const startedMs = clock.monotonic();
    const verify = startedMs >= this.#verifyAtMs;
    if (verify) rules.invalidate();
    this.#takeSnapshot();
    this.#syncing = true;
    let result: PassResult | undefined;
    try {
      this.#host = await host.read();
      result = await this.#syncer.pass(this.#snapshot, this.#host);
      this.#record(result);
    } finally {
      this.#syncing = false;
      const finishedAtMs = clock.now();
      const durationMs = clock.monotonic() - startedMs;
      if (verify) {
        this.#verifyAtMs = clock.monotonic() + Math.max(this.#options.syncPeriodMs, durationMs / verifyShare);
      }
      // A single Service without a port must not make the whole proxy look sick: the rules decide.
      const ok = result?.rulesInPlace ?? false;
      const programmingSeconds = ok
        ? this.#triggerTimesMs.map((at) => Math.max(0, finishedAtMs - at) / 1000)
        : [];
      if (ok) {
        this.#triggerTimesMs = [];
        this.#health.updated(startedAtMs);
        this.#resolveFirstSync();
      } else {
        // Nobody need have asked for this sync: what it found undone waits from now on.
        this.#health.queued();
      }
      observer.syncFinished({ durationMs, ok, finishedAtMs, programmingSeconds });
      const { size: servicePorts } = this.#snapshot.servicePorts;
      log.debug({ elapsedMs: Math.round(durationMs), ok, servicePorts }, 'sync');
    }
    if (!result.rulesInPlace) return 'failed';
    if (!result.complete && result.portsFreed) this.#runner.request();
    return result.complete ? 'done' : 'retry-later';
  }

  #record({ applied, problems, conntrackDeleted }: PassResult): void {
    const { log } = this.#options;
    this.#problems.replace(problems);
    this.#lastRules = applied.rulesTotal;
    this.#counters.written += applied.rulesWritten;
    this.#counters.deleted += applied.rulesDeleted;
    this.#counters.restoreFailures += applied.failures.length;
    this.#counters.conntrack += conntrackDeleted;
    for (const { ipFamily, error } of applied.failures) {
      log.error({ err: error, ipFamily }, 'the rules could not be written: trying again');
    }
    if (applied.rulesWritten + applied.rulesDeleted > 0) {
      log.info({ written: applied.rulesWritten, deleted: applied.rulesDeleted }, 'rules changed');
    }
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

  /** Somebody may have flushed our rules, and interfaces and addresses come and go: neither sends us an object. */
  async #watch(): Promise<void> {
    const { rules, host, log } = this.#options;
    if (this.#stopping) return;
    const state = await host.read();
    if (state !== this.#host || this.#syncer.isSteeringUnsettled(state)) this.#request();
    if ((await rules.check()) === 'in-place') return;
    this.#counters.drifts += 1;
    log.warn({}, 'our rules were changed by somebody else: repairing');
    this.#request();
  }
}
