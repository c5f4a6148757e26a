// dataplane/node/listener-stats.ts: the counters of one listener; plain numbers, copied only when somebody reads them.
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import {
  type ConnectionFailure,
  dialBucketsSeconds,
  type ListenerCounters,
} from '../../proxier/data-plane.js';

/** Endpoints that left are remembered up to this number beyond those that are there. */
const rememberedPicks = 1024;

/**
 * TCP: every accepted connection is `opened`, then `open`, and ends once, cleanly or with one reason:
 * opened = open + clean ends + sum(failed); sum(picks) = dialSeconds.count while no endpoint was forgotten.
 *
 * UDP: a flow is `opened` once it gets an endpoint to try and ends by idleness or with one reason; `no-endpoints` and
 * `connection-limit` count datagrams that got no flow: opened = open + idle ends + sum(failed without those two).
 */
export class ListenerStats {
  opened = 0;
  open = 0;
  rxBytes = 0;
  txBytes = 0;
  readonly #failed: Partial<Record<ConnectionFailure, number>> = {};
  readonly #picks = new Map<string, number>();
  readonly #dialsPerBucket = dialBucketsSeconds.map(() => 0);
  #dials = 0;
  #dialSecondsSum = 0;

  fail(reason: ConnectionFailure): void {
    this.#failed[reason] = (this.#failed[reason] ?? 0) + 1;
  }

  pick(endpoint: EndpointAddress): void {
    const key = hostPort(endpoint.ip, endpoint.port);
    this.#picks.set(key, (this.#picks.get(key) ?? 0) + 1);
  }

  dialled(seconds: number): void {
    this.#dials++;
    this.#dialSecondsSum += seconds;
    const bucket = dialBucketsSeconds.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) this.#dialsPerBucket[bucket] = (this.#dialsPerBucket[bucket] ?? 0) + 1;
  }

  /** Pods come and go for months: forgets endpoints that left once there are too many of them. */
  forgetAllBut(endpoints: readonly EndpointAddress[]): void {
    if (this.#picks.size <= endpoints.length + rememberedPicks) return;
    const present = new Set(endpoints.map(({ ip, port }) => hostPort(ip, port)));
    for (const key of this.#picks.keys()) if (!present.has(key)) this.#picks.delete(key);
  }

  snapshot(): ListenerCounters {
    let cumulative = 0;
    const buckets = this.#dialsPerBucket.map((count) => {
      cumulative += count;
      return cumulative;
    });
    return {
      opened: this.opened,
      open: this.open,
      failed: { ...this.#failed },
      rxBytes: this.rxBytes,
      txBytes: this.txBytes,
      picks: new Map(this.#picks),
      dialSeconds: { count: this.#dials, sum: this.#dialSecondsSum, buckets },
    };
  }
}
