// dataplane/listen-error.ts: turns what bind or listen said into the ListenError the proxier acts on.
import { formatServicePortName } from '../model/service-port-name.js';
import { ListenError, type ListenerSpec } from '../proxier/data-plane.js';
import { isNotSupported, isPortInUse, isShortage } from './errno.js';

export function listenError(spec: ListenerSpec, port: number, cause: unknown): ListenError {
  const { protocol } = spec.servicePortName;
  const name = formatServicePortName(spec.servicePortName);
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `listen on ${protocol} port ${port} (${spec.ipFamily}) for ${name}: ${said}`;
  return new ListenError(reasonOf(cause), message, { cause });
}

function reasonOf(cause: unknown): ListenError['reason'] {
  if (isPortInUse(cause)) return 'port-in-use';
  if (isShortage(cause)) return 'no-descriptors';
  if (isNotSupported(cause)) return 'not-supported';
  return 'other';
}
