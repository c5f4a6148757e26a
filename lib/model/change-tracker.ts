// model/change-tracker.ts: what objects of one kind are now, and which of them differ from what was last taken. Many
// events on one object between two syncs are one change, from its oldest state to its newest, or none at all.

export interface Change<T> {
  /** As of the last take(); undefined: it was not there. */
  readonly previous: T | undefined;
  /** undefined: it is gone. */
  readonly current: T | undefined;
}

export interface ChangeTracker<T> {
  /**
   * One event: the object's whole present state, or undefined for its removal. False if that is what was known already.
   * Add and update is an add; add and remove is nothing; update and update keeps the oldest previous; update and remove
   * is a remove; remove and add is an update. Back to where it was is nothing, and brings back the very value.
   */
  set(key: string, value: T | undefined): boolean;
  /** The value as of the last take(). */
  settled(key: string): T | undefined;
  /** Objects that differ from their settled state. */
  readonly pending: number;
  /** All objects as they are now, pending changes included. */
  entries(): Iterable<readonly [string, T]>;
  /** Events ever received. */
  readonly total: number;
  /** The pending changes, in the order in which they came up; from now on they are settled. */
  take(): ReadonlyMap<string, Change<T>>;
}

export function createChangeTracker<T>(same: (a: T, b: T) => boolean): ChangeTracker<T> {
  const now = new Map<string, T>();
  let before = new Map<string, T | undefined>();
  let total = 0;

  const equal = (a: T | undefined, b: T | undefined): boolean =>
    a === undefined || b === undefined ? a === b : same(a, b);
  const store = (key: string, value: T | undefined): void => {
    if (value === undefined) now.delete(key);
    else now.set(key, value);
  };

  return {
    set(key, value) {
      total += 1;
      const current = now.get(key);
      if (equal(current, value)) return false;
      const oldest = before.get(key);
      if (before.has(key) && equal(oldest, value)) {
        before.delete(key);
        store(key, oldest);
        return true;
      }
      if (!before.has(key)) before.set(key, current);
      store(key, value);
      return true;
    },
    settled: (key) => (before.has(key) ? before.get(key) : now.get(key)),
    entries: () => now,
    get pending() {
      return before.size;
    },
    get total() {
      return total;
    },
    take() {
      const changes = new Map<string, Change<T>>();
      for (const [key, previous] of before) changes.set(key, { previous, current: now.get(key) });
      before = new Map();
      return changes;
    },
  };
}
