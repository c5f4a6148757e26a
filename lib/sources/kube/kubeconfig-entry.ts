// sources/kube/kubeconfig-entry.ts: what the reading and the checking of a kubeconfig tell each other.

export type Fields = Readonly<Record<string, unknown>>;

/** `['clusters', 0, 'cluster', 'server']`. */
export type FieldPath = readonly (string | number)[];

/** A cluster, a user or a context of the file, and where it is. */
export interface NamedEntry {
  readonly fields: Fields;
  readonly at: FieldPath;
}

/** Throws ClusterConfigError, which says where and what. */
export type Refuse = (at: FieldPath, problem: string, cause?: unknown) => never;
