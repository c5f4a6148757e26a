// test/states/example-portals.ts: portals to make rules from: written by hand, or thousands that look like a cluster's.
import type { IpFamily } from '../../lib/model/ip.js';
import type { Protocol } from '../../lib/model/service-port-name.js';
import type { DesiredRules, Disposition, Portal, ProxyPort, Steering } from '../../lib/rules/portal.js';

export const redirect: Steering = { kind: 'redirect' };
export const redirectBoth = { IPv4: redirect, IPv6: redirect } as const;

export interface PortalOptions {
  readonly protocol?: Protocol;
  /** Where everybody goes. */
  readonly proxyPort?: number;
  /** Where the cluster goes; absent: where everybody goes. */
  readonly clusterPort?: number;
  /** What becomes of everybody. */
  readonly disposition?: Disposition;
  readonly sourceRanges?: readonly string[];
  readonly name?: string;
}

/** With what a test wants to know about it. */
export interface ExamplePortal extends Portal {
  readonly proxyPort: number;
  readonly disposition: Disposition;
}

/** `portal('10.96.0.1', 80, { proxyPort: 30001 })` */
export function portal(ip: string, port: number, options: PortalOptions = {}): ExamplePortal {
  const { protocol = 'TCP', proxyPort = 30_000, disposition = 'serve', name = 'web' } = options;
  const { clusterPort, sourceRanges } = options;
  const forCluster = clusterPort === undefined ? [] : [{ from: 'cluster', proxyPort: clusterPort } as const];
  return {
    ipFamily: ip.includes(':') ? 'IPv6' : 'IPv4',
    kind: sourceRanges === undefined ? 'clusterIP' : 'loadBalancer',
    ip,
    port,
    protocol,
    servicePortName: { namespace: 'default', name, port: 'http', protocol },
    ways: [...forCluster, { from: 'everybody', proxyPort }],
    ...(sourceRanges === undefined ? {} : { sourceRanges }),
    proxyPort,
    disposition,
  };
}

export function nodePort(ipFamily: IpFamily, port: number, options: PortalOptions = {}): ExamplePortal {
  const { protocol = 'TCP' } = options;
  return { ...portal('', port, options), ipFamily, kind: 'nodePort', protocol };
}

/** With the portals' own proxy ports closed to all others. */
export function desire(portals: readonly ExamplePortal[], rest: Partial<DesiredRules> = {}): DesiredRules {
  const proxyPorts = portals.flatMap(({ protocol, ipFamily, ways, disposition }) =>
    ways.map(
      ({ from, proxyPort }): ProxyPort => ({
        protocol,
        port: proxyPort,
        ipFamily,
        disposition: from === 'everybody' ? disposition : 'serve',
      }),
    ),
  );
  return {
    portals,
    proxyPorts,
    steering: redirectBoth,
    detectLocal: { kind: 'none' },
    nodePortAddresses: 'all',
    localhostNodePorts: true,
    dropInvalid: true,
    ...rest,
  };
}

/**
 * One Service each, at addresses spread over the cluster's range as the API server's allocator spreads them, with
 * proxy ports spread over the kernel's ephemeral range. The same ones each time.
 */
export function manyPortals(
  count: number,
  ipFamily: IpFamily = 'IPv4',
  options: PortalOptions = {},
): readonly ExamplePortal[] {
  return Array.from({ length: count }, (_, index) => {
    const host = scatter(index, 1 << 20);
    const ip =
      ipFamily === 'IPv4'
        ? `10.${96 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`
        : `fd00:10:96::${host >> 16 === 0 ? '' : `${(host >> 16).toString(16)}:`}${(host & 65_535).toString(16)}`;
    const proxyPort = 32_768 + scatter(index, 1 << 14);
    const disposition = index % 50 === 0 ? 'refuse' : 'serve';
    return portal(ip, 80, { proxyPort, name: `web-${index}`, disposition, ...options });
  });
}

/** One Service each, the nodePorts spread over the API server's default range (30000-32767) and the proxy ports as above. */
export function manyNodePorts(count: number, ipFamily: IpFamily = 'IPv4'): readonly ExamplePortal[] {
  return Array.from({ length: count }, (_, index) =>
    nodePort(ipFamily, 30_000 + ((index * 1_193) % 2_768), {
      proxyPort: 32_768 + scatter(index, 1 << 14),
      name: `web-${index}`,
    }),
  );
}

/** A permutation of 0 … size-1 (size a power of two; an odd multiplier and offset), so no two are the same. */
function scatter(index: number, size: number): number {
  return (Math.imul(index, 0x9e3779b1) + 0x3c6ef373) & (size - 1);
}
