// dataplane/sctp/listen-failure.ts: why a listener for SCTP can't be had, in the proxier's words.
import type { constants } from 'node:os';
import { ListenError } from '../../proxier/data-plane.js';
import { SystemError } from '../native/system-error.js';

/** What keeps a whole family, or the relay, from working: asking again for another port would not help. */
const hopeless: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
] satisfies (keyof typeof constants.errno)[]);

export function asListenError(what: string, cause: unknown): ListenError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof SystemError ? cause.code : '';
  const isForbidden = code === 'EPERM' || code === 'EACCES';
  const hint = isForbidden ? ' (SCTP needs raw sockets: CAP_NET_RAW)' : '';
  return new ListenError(hopeless.has(code) ? 'not-supported' : 'other', `${what}: ${said}${hint}`, {
    cause,
  });
}
