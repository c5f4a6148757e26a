// model/portals-of.ts: all portals that a ServicePort asks for, and how each is told from those of others and shown.
import { flatString } from './flat-string.js';
import type { PortalAddress } from './portal-address.js';
import { formatPortal } from './portal-name.js';
import type { ServicePort } from './service-port.js';

/**
 * The clusterIP first; each address once. Load balancers come before external IPs, so that an address that is both keeps
 * its source ranges.
 */
export function portalsOf(servicePort: ServicePort): readonly PortalAddress[] {
  const { clusterIP, port, nodePort, externalIPs = [], loadBalancerIPs = [] } = servicePort;
  const portals: PortalAddress[] = [{ kind: 'clusterIP', ip: clusterIP, port }];
  const add = (kind: PortalAddress['kind'], ip: string): void => {
    if (!portals.some((portal) => portal.ip === ip)) portals.push({ kind, ip, port });
  };
  for (const ip of loadBalancerIPs) add('loadBalancer', ip);
  for (const ip of externalIPs) add('externalIP', ip);
  if (nodePort !== undefined) portals.push({ kind: 'nodePort', ip: '', port: nodePort });
  return portals;
}

/** `10.96.0.1:80/TCP`, `node port 30080/TCP of IPv4`: unique among all portals. */
export function formatPortalAddress(
  { kind, ip, port }: PortalAddress,
  { name, ipFamily }: Pick<ServicePort, 'name' | 'ipFamily'>,
): string {
  return kind === 'nodePort'
    ? flatString(`node port ${port}/${name.protocol} of ${ipFamily}`)
    : formatPortal(ip, port, name.protocol);
}
