// test/support/api-objects.ts: the objects of api-server.ts, with resourceVersions, snapshots for paging, and a window
// of history that compaction closes, as etcd and the API server's watch cache have them.

export interface RawObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface Change {
  readonly revision: number;
  readonly kind: string;
  /** Undefined before it was made; and after it was deleted. */
  readonly before: RawObject | undefined;
  readonly after: RawObject | undefined;
}

export interface Snapshot {
  readonly revision: number;
  /** Sorted by key. */
  readonly objects: readonly RawObject[];
}

export interface ApiObjects {
  revision(): number;
  put(object: RawObject): RawObject;
  /** False when there was none. */
  delete(kind: string, namespace: string, name: string): boolean;
  /** The state now. */
  snapshot(kind: string): Snapshot;
  /** The state at a revision that a list has been answered from; undefined when it was compacted. */
  snapshotAt(kind: string, revision: number): Snapshot | undefined;
  /** Changes after `revision`, oldest first; undefined when that is before what is kept. */
  since(kind: string, revision: number): readonly Change[] | undefined;
  /** Forgets history and snapshots. */
  compact(): void;
  /** Called at once with each change, until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void;
}

const maxSnapshots = 50;

/** @param maxHistory changes that are kept; older ones are compacted by and by */
export function createApiObjects(maxHistory: number): ApiObjects {
  const kinds = new Map<string, Map<string, RawObject>>();
  const sorted = new Map<string, readonly RawObject[]>();
  const snapshots = new Map<string, Snapshot>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  // Real clusters never start at 1, and "0" has a meaning of its own.
  let revision = 1000;
  let compactedAt = revision;

  const objectsOf = (kind: string) => {
    const objects = kinds.get(kind) ?? new Map<string, RawObject>();
    kinds.set(kind, objects);
    return objects;
  };

  const commit = (kind: string, before: RawObject | undefined, after: RawObject | undefined) => {
    sorted.delete(kind);
    const change = { revision, kind, before, after };
    history.push(change);
    if (history.length > 2 * maxHistory) {
      history = history.slice(-maxHistory);
      compactedAt = Math.max(compactedAt, (history[0]?.revision ?? revision) - 1);
    }
    for (const listener of listeners) listener(change);
  };

  return {
    revision: () => revision,
    put: (object) => {
      revision += 1;
      const objects = objectsOf(object.kind);
      const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
      const before = objects.get(key);
      const stored = withVersion(object, revision, before);
      objects.set(key, stored);
      commit(object.kind, before, stored);
      return stored;
    },
    delete: (kind, namespace, name) => {
      const objects = objectsOf(kind);
      const before = objects.get(keyOf(namespace, name));
      if (before === undefined) return false;
      revision += 1;
      objects.delete(keyOf(namespace, name));
      commit(kind, withVersion(before, revision, before), undefined);
      return true;
    },
    snapshot: (kind) => {
      const objects =
        sorted.get(kind) ??
        [...objectsOf(kind)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      sorted.set(kind, objects);
      const snapshot = { revision, objects };
      snapshots.set(`${kind}@${revision}`, snapshot);
      for (const oldest of snapshots.keys()) {
        if (snapshots.size <= maxSnapshots) break;
        snapshots.delete(oldest);
      }
      return snapshot;
    },
    snapshotAt: (kind, at) => snapshots.get(`${kind}@${at}`),
    since: (kind, from) => {
      if (from < compactedAt) return undefined;
      return history.filter((change) => change.kind === kind && change.revision > from);
    },
    compact: () => {
      // One more revision: somebody who has seen everything up to now is compacted away as well.
      revision += 1;
      compactedAt = revision;
      history = [];
      snapshots.clear();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function withVersion(object: RawObject, revision: number, before: RawObject | undefined): RawObject {
  const uid = before?.metadata.uid ?? `uid-${revision}`;
  const creationTimestamp = before?.metadata.creationTimestamp ?? '2024-01-01T00:00:00Z';
  const metadata = { uid, creationTimestamp, ...object.metadata, resourceVersion: String(revision) };
  return { ...object, metadata };
}
