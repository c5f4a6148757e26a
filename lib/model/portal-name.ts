// model/portal-name.ts: `10.96.0.10:53/UDP`, how a portal is told from others and shown.
import { flatString } from './flat-string.js';
import { hostPort } from './ip.js';
import type { ServicePort } from './service-port.js';
import type { Protocol } from './service-port-name.js';

export function formatPortal(ip: string, port: number, protocol: Protocol): string {
  return flatString(`${hostPort(ip, port)}/${protocol}`);
}

/** The portal at the ServicePort's clusterIP. */
export function clusterPortal({ clusterIP, port, name }: ServicePort): string {
  return formatPortal(clusterIP, port, name.protocol);
}
