// dataplane/errno.ts: what the system's error codes mean to a data plane, by their names; linux/abi/errno.ts has the same
// by their numbers. Callers ask the predicates, never for a code.

/** We are out of descriptors or memory: no endpoint's fault, and trying the next one would fail as well. */
export const shortages: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'];

/** Every local port towards this endpoint is taken, or the local address is not ours: another one may work. */
export const localAddressTroubles: readonly string[] = ['EADDRNOTAVAIL', 'EADDRINUSE'];

/**
 * The endpoint, or the way there, said no: an ICMP error, a reset, or no route. EACCES: a route that prohibits, or ICMPv6's
 * "administratively prohibited" (RFC 4443, 3.1).
 */
export const refusals: readonly string[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EACCES',
];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function isShortage(error: unknown): boolean {
  return shortages.includes(codeOf(error));
}

export function isLocalAddressTrouble(error: unknown): boolean {
  return localAddressTroubles.includes(codeOf(error));
}

export function isRefusal(error: unknown): boolean {
  return refusals.includes(codeOf(error));
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
