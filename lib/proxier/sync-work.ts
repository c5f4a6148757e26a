// proxier/sync-work.ts: a sync with all around the pass itself: takes the snapshot, reads the host, now and then has the
// rules read back, and keeps what came of it: health, problems, numbers. When it runs is for proxier.ts to say.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { TakenSnapshot } from '../model/model.js';
import { unknownNode } from '../model/node-facts.js';
import type { HostNetworkState } from './host-network.js';
import type { ProxierOptions } from './options.js';
import { type ProblemBoard, problemBoard } from './problems.js';
import type { CurrentSettings } from './settings.js';
import { SyncCounters } from './sync-counters.js';
import { type SyncHealthTracker, syncHealthTracker } from './sync-health.js';
import { type PassResult, Syncer } from './syncer.js';
import { TriggerTimes } from './trigger-times.js';

// Reading all rules back costs time that grows with their number: it may take this share of the time, not more.
const verifyShare = 1 / 500;

type Taken = Pick<TakenSnapshot, 'snapshot' | 'node'>;

const nothing: Taken = {
  snapshot: { servicePorts: new Map(), portals: new Map(), endpoints: new Map(), problems: [] },
  node: unknownNode(''),
};

interface FinishedSync {
  /** Undefined: it came to nothing. */
  readonly result: PassResult | undefined;
  readonly full: boolean;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export class SyncWork {
  /** Resolves after the first sync that brought everything to the desired state. */
  readonly firstSync: Promise<void>;
  readonly syncer: Syncer;
  readonly health: SyncHealthTracker;
  readonly problems: ProblemBoard;
  readonly counters: SyncCounters;
  readonly #options: ProxierOptions;
  readonly #settings: CurrentSettings;
  readonly #triggerTimes: Readonly<Record<IpFamily, TriggerTimes>>;
  #resolveFirstSync: () => void = () => {};
  #taken = nothing;
  #isUnderWay = false;
  #verifyAtMs = 0;
  #host: HostNetworkState | undefined;

  /** @param settings what is in force; by default what the options say, for good */
  constructor(options: ProxierOptions, settings: CurrentSettings = () => options) {
    this.#options = options;
    this.#settings = settings;
    this.syncer = new Syncer(options, settings);
    this.counters = new SyncCounters(options.log);
    this.health = syncHealthTracker(options.clock, () => 2 * settings().syncPeriodMs);
    this.problems = problemBoard(options.log);
    const startedAtMs = options.clock.now();
    this.#triggerTimes = { IPv4: new TriggerTimes(startedAtMs), IPv6: new TriggerTimes(startedAtMs) };
    this.firstSync = new Promise((resolve) => {
      this.#resolveFirstSync = resolve;
    });
  }

  /** What was last taken from the model. */
  get taken(): Taken {
    return this.#taken;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Rejects when the host can't be read. Calls must not overlap. */
  async sync(): Promise<PassResult> {
    const { host, rules, clock } = this.#options;
    const startedAtMs = clock.now();
    const startedMs = clock.monotonic();
    const verify = startedMs >= this.#verifyAtMs;
    if (verify) rules.invalidate();
    this.#takeSnapshot();
    this.#isUnderWay = true;
    let result: PassResult | undefined;
    try {
      this.#host = await host.read();
      result = await this.syncer.pass(this.#taken, this.#host);
      this.problems.replace(result.problems);
      this.counters.record({ ...result, full: verify });
      return result;
    } finally {
      this.#isUnderWay = false;
      const durationMs = clock.monotonic() - startedMs;
      if (verify) {
        this.#verifyAtMs =
          clock.monotonic() + Math.max(this.#settings().syncPeriodMs, durationMs / verifyShare);
      }
      // A single Service without a port must not make the whole proxy look sick: the rules decide.
      this.#finished({ result, full: verify, startedAtMs, durationMs });
    }
  }

  #finished({ result, full, startedAtMs, durationMs }: FinishedSync): void {
    const { clock, observer, log } = this.#options;
    const ok = result?.rulesInPlace ?? false;
    const finishedAtMs = clock.now();
    const failed = new Set(result?.applied.failures.map(({ ipFamily }) => ipFamily) ?? ipFamilies);
    this.health.updated(startedAtMs, failed);
    const waited = (ipFamily: IpFamily): readonly number[] =>
      failed.has(ipFamily) ? [] : this.#triggerTimes[ipFamily].take(finishedAtMs);
    if (ok) this.#resolveFirstSync();
    const programmingSeconds = { IPv4: waited('IPv4'), IPv6: waited('IPv6') };
    const failures = result?.applied.failures ?? [];
    observer.syncFinished({ durationMs, ok, failures, full, finishedAtMs, programmingSeconds });
    const { size: servicePorts } = this.#taken.snapshot.servicePorts;
    log.debug({ elapsedMs: Math.round(durationMs), ok, full, servicePorts }, 'sync');
  }

  /** Beside a sync that waits for the packet filter: newer endpoints reach the listeners that are open. */
  refresh(): void {
    if (!this.#isUnderWay) return;
    this.#takeSnapshot();
    this.syncer.refresh(this.#taken.snapshot);
  }

  /**
   * Somebody may have flushed our rules, and interfaces and addresses come and go: neither sends us an object. Must not
   * overlap a sync.
   * @param onNeed a sync is needed; also called before a look at the rules that then fails
   */
  async look(onNeed: () => void): Promise<void> {
    const { rules, host } = this.#options;
    const state = await host.read();
    if (state !== this.#host || this.syncer.isSteeringUnsettled(state)) onNeed();
    if ((await rules.check()) === 'in-place') return;
    this.counters.drifted();
    onNeed();
  }

  #takeSnapshot(): void {
    const { snapshot, triggerTimesMs, node } = this.#options.model.takeSnapshot();
    this.#taken = { snapshot, node };
    for (const ipFamily of ipFamilies) this.#triggerTimes[ipFamily].add(triggerTimesMs[ipFamily]);
  }
}
