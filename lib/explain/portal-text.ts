// explain/portal-text.ts: PURE. A portal's address in a sentence.
import { hostPort } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';

/** `clusterIP 10.96.0.1:80`, `nodePort 30080`. */
export function portalText({ kind, ip, port }: PortalAddress): string {
  return ip === '' ? `${kind} ${port}` : `${kind} ${hostPort(ip, port)}`;
}
