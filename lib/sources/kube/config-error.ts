// sources/kube/config-error.ts: the cluster's configuration can't be used; the message says what to mend, and where.

export class ClusterConfigError extends Error {
  override readonly name = 'ClusterConfigError';
}
