// cli/bind-address.ts: where an HTTP server listens, as kube-proxy's --healthz-bind-address spells it. Pure.
import { ipFamilyOf } from '../model/ip.js';
import { InvalidValueError } from './flag.js';

export interface BindAddress {
  /** An IP address, without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const allowed =
  'Allowed are an IP address and a port (0.0.0.0:10256, [::]:10256), an IP address alone, or empty for no server.';

/** undefined for '': no server. An address without a port gets `defaultPort`. Throws InvalidValueError. */
export function parseBindAddress(text: string, defaultPort: number): BindAddress | undefined {
  if (text === '') return undefined;
  if (ipFamilyOf(text) !== undefined) return { host: text, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const family = ipFamilyOf(host);
  const port = Number(match?.[3]);
  const bracketed = match?.[1] !== undefined;
  if (family === undefined || bracketed !== (family === 'IPv6') || port > 65_535) {
    throw new InvalidValueError(allowed);
  }
  return { host, port };
}
