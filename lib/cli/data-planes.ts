// cli/data-planes.ts: the data planes this build has, for the flags and for `kube-portal version`.

export const dataPlanes = ['node', 'linux'] as const;

/** How SCTP can be forwarded. */
export const sctpRelays = ['packet', 'terminate', 'off'] as const;
