// dataplane/node/errno.ts: what the system's error codes mean to a data plane. Callers ask here, never for a code.

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** We are out of descriptors or memory: no endpoint's fault, and trying the next one would fail as well. */
export function isShortage(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'].includes(codeOf(error));
}

/** Every local port towards this endpoint is taken, or the local address is not ours: another one may work. */
export function isLocalAddressTrouble(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EADDRINUSE'].includes(codeOf(error));
}

/** The endpoint, or the way there, said no: an ICMP error, a reset, or no route. */
export function isRefusal(error: unknown): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ENOPROTOOPT'].includes(
    codeOf(error),
  );
}

export function isPortInUse(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE';
}

export function isAddressMissing(error: unknown): boolean {
  return codeOf(error) === 'EADDRNOTAVAIL';
}

/** The kernel was built or booted without this family or protocol. */
export function isNotSupported(error: unknown): boolean {
  return ['EAFNOSUPPORT', 'EPROTONOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error));
}
