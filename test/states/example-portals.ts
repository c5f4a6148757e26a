// test/states/example-portals.ts: portals to make rules from: written by hand, or thousands that look like a cluster's.
import type { IpFamily } from '../../lib/model/ip.js';
import type { Protocol } from '../../lib/model/service-port-name.js';
import type { DesiredRules, Portal, Steering } from '../../lib/rules/portal.js';

export const redirect: Steering = { kind: 'redirect' };
export const redirectBoth = { IPv4: redirect, IPv6: redirect } as const;

export interface PortalOptions {
  readonly protocol?: Protocol;
  readonly proxyPort?: number;
  readonly refused?: boolean;
  readonly name?: string;
}

/** `portal('10.96.0.1', 80, { proxyPort: 30001 })` */
export function portal(ip: string, port: number, options: PortalOptions = {}): Portal {
  const { protocol = 'TCP', proxyPort = 30_000, refused = false, name = 'web' } = options;
  const ipFamily: IpFamily = ip.includes(':') ? 'IPv6' : 'IPv4';
  const servicePortName = { namespace: 'default', name, port: 'http', protocol };
  return { ipFamily, ip, port, protocol, servicePortName, proxyPort, refused };
}

/** With the portals' own proxy ports closed to all others. */
export function desire(
  portals: readonly Portal[],
  steering: DesiredRules['steering'] = redirectBoth,
): DesiredRules {
  const proxyPorts = portals.map(({ protocol, proxyPort, ipFamily }) => ({
    protocol,
    port: proxyPort,
    ipFamily,
  }));
  return { portals, steering, proxyPorts };
}

/**
 * One Service each, at addresses spread over the cluster's range as the API server's allocator spreads them, with
 * proxy ports spread over the kernel's ephemeral range. The same ones each time.
 */
export function manyPortals(count: number, ipFamily: IpFamily = 'IPv4'): readonly Portal[] {
  return Array.from({ length: count }, (_, index) => {
    const host = scatter(index, 1 << 20);
    const ip =
      ipFamily === 'IPv4'
        ? `10.${96 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`
        : `fd00:10:96::${host >> 16 === 0 ? '' : `${(host >> 16).toString(16)}:`}${(host & 65_535).toString(16)}`;
    const proxyPort = 32_768 + scatter(index, 1 << 14);
    return portal(ip, 80, { proxyPort, name: `web-${index}`, refused: index % 50 === 0 });
  });
}

/** A permutation of 0 … size-1 (size a power of two; an odd multiplier and offset), so no two are the same. */
function scatter(index: number, size: number): number {
  return (Math.imul(index, 0x9e3779b1) + 0x3c6ef373) & (size - 1);
}
