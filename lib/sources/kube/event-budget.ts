// sources/kube/event-budget.ts: how many Events may be written: 25 at once about one object and then one in five
// minutes, as client-go's EventSourceObjectSpamFilter has it, so that a Service in trouble fills nobody's etcd.
import type { Clock } from '../../proxier/clock.js';

export interface EventBudget {
  /** Takes one; false: there is none left. */
  take(object: string): boolean;
}

const burst = 25;
const refillMs = 300_000;
/** Those longest unused go first; who comes again has a full bucket. */
const maxObjects = 4096;

export function createEventBudget(clock: Clock): EventBudget {
  /** In the order of last use. */
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return {
    take(object) {
      const nowMs = clock.monotonic();
      const { tokens, atMs } = buckets.get(object) ?? { tokens: burst, atMs: nowMs };
      const filled = Math.min(burst, tokens + (nowMs - atMs) / refillMs);
      const isLeft = filled >= 1;
      buckets.delete(object);
      buckets.set(object, { tokens: isLeft ? filled - 1 : filled, atMs: nowMs });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= maxObjects) break;
        buckets.delete(oldest);
      }
      return isLeft;
    },
  };
}
