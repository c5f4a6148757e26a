// cli/data-planes.ts: the data planes this build has, for the flag and for `kube-portal version`.

export const dataPlanes = ['node', 'linux'] as const;
