// proxier/stale-udp.ts: PURE. Which UDP portals may have conntrack entries that would keep a client where it should not
// be, from what the rules were and what they are now. A right entry is better left: one that is deleted while a reply is
// on its way may cost that reply. A wrong one costs the client.
import { type IpFamily, ipFamilyOf } from '../model/ip.js';
import { isLocalAddress } from '../model/self-loops.js';
import type { FlowPortal } from './conntrack.js';
import { portalKey } from './plan.js';
import type { DesiredRules, DetectLocal, PortalWay, StandingPortal } from './rule-applier.js';

/** Where the clients of a family's UDP portals are led. */
export interface UdpRoutes {
  /** By portalKey(). */
  readonly byPortal: ReadonlyMap<string, UdpRoute>;
  /** By which clients are told apart. Undefined: as it is now (routes of an earlier run). */
  readonly detectLocal: DetectLocal | undefined;
  /** That offer nodePorts; undefined: all. */
  readonly addresses: ReadonlySet<string> | undefined;
}

export interface UdpRoute {
  readonly ip: string;
  readonly port: number;
  readonly ways: readonly PortalWay[];
  /** Of the ports that `ways` lead to, those that serve. */
  readonly serving: readonly number[];
}

export const noUdpRoutes: UdpRoutes = { byPortal: new Map(), detectLocal: undefined, addresses: undefined };

export function udpRoutes(
  desired: DesiredRules,
  ipFamily: IpFamily,
  localAddresses: ReadonlySet<string>,
): UdpRoutes {
  const serves = new Set<number>();
  for (const { protocol, port, disposition, ...proxyPort } of desired.proxyPorts) {
    if (protocol === 'UDP' && proxyPort.ipFamily === ipFamily && disposition === 'serve') serves.add(port);
  }
  const byPortal = new Map<string, UdpRoute>();
  for (const portal of desired.portals) {
    if (portal.protocol !== 'UDP' || portal.ipFamily !== ipFamily) continue;
    const { ip, port, ways } = portal;
    const serving = ways.map(({ proxyPort }) => proxyPort).filter((proxyPort) => serves.has(proxyPort));
    byPortal.set(portalKey(portal), { ip, port, ways, serving });
  }
  const { detectLocal } = desired;
  return { byPortal, detectLocal, addresses: offeringAddresses(desired, ipFamily, localAddresses) };
}

/** Of the rules from before this program's start, whether or not their ports served. */
export function standingUdpRoutes(portals: Iterable<StandingPortal>, ipFamily: IpFamily): UdpRoutes {
  const byPortal = new Map<string, UdpRoute>();
  for (const portal of portals) {
    if (portal.protocol !== 'UDP' || portal.ipFamily !== ipFamily) continue;
    const { ip, port, ways } = portal;
    byPortal.set(portalKey(portal), { ip, port, ways, serving: ways.map(({ proxyPort }) => proxyPort) });
  }
  return { byPortal, detectLocal: undefined, addresses: undefined };
}

/** @param all also portals that nothing was changed of: what made their entries may have been wrong */
export function staleUdp(
  ipFamily: IpFamily,
  before: UdpRoutes,
  after: UdpRoutes,
  all: boolean,
): readonly FlowPortal[] {
  const stale: FlowPortal[] = [];
  const sameSenders = before.detectLocal === undefined || before.detectLocal === after.detectLocal;
  const sameOffer = sameSet(before.addresses, after.addresses);
  for (const [key, route] of after.byPortal) {
    const was = before.byPortal.get(key);
    const { ip, port } = route;
    const isSame =
      sameRoute(was, route) && (sameSenders || route.ways.length === 1) && (sameOffer || ip !== '');
    if (isSame && !all) continue;
    const proxyPorts = route.serving.filter((proxyPort) =>
      isSure(proxyPort, route, sameSenders ? was : undefined),
    );
    const addresses = ip === '' ? after.addresses : undefined;
    stale.push({ ipFamily, ip, port, proxyPorts, ...(addresses && { addresses }) });
  }
  for (const [key, { ip, port }] of before.byPortal) {
    if (!after.byPortal.has(key)) stale.push({ ipFamily, ip, port, proxyPorts: [] });
  }
  return stale;
}

/** Entries of nodePorts at addresses, `lost` and of the family, that are this host's no more. */
export function udpAtLostAddresses(
  ipFamily: IpFamily,
  { byPortal }: UdpRoutes,
  lost: readonly string[],
): readonly FlowPortal[] {
  const nodePorts = [...byPortal.values()].filter(({ ip }) => ip === '');
  return nodePorts.flatMap(({ port }) => lost.map((ip) => ({ ipFamily, ip, port, proxyPorts: [] })));
}

/**
 * Does whoever is led to this port belong there? Everybody does where there is one way. Where there are two, an entry does
 * not tell which its client should take, and only those that have been there all along are in doubt no more.
 */
function isSure(proxyPort: number, { ways }: UdpRoute, was: UdpRoute | undefined): boolean {
  if (ways.length === 1) return true;
  const now = ways.find((way) => way.proxyPort === proxyPort);
  return (
    was?.ways.length === ways.length &&
    was.ways.some((way) => way.proxyPort === proxyPort && way.from === now?.from)
  );
}

function sameRoute(a: UdpRoute | undefined, b: UdpRoute): boolean {
  return (
    a?.ways.length === b.ways.length &&
    a.serving.join() === b.serving.join() &&
    a.ways.every(
      ({ from, proxyPort }, at) => from === b.ways[at]?.from && proxyPort === b.ways[at]?.proxyPort,
    )
  );
}

function offeringAddresses(
  { nodePortAddresses, localhostNodePorts }: DesiredRules,
  ipFamily: IpFamily,
  localAddresses: ReadonlySet<string>,
): ReadonlySet<string> | undefined {
  if (nodePortAddresses === 'all' && localhostNodePorts) return undefined;
  const isOfFamily = (ip: string): boolean => ipFamilyOf(ip) === ipFamily;
  const addresses =
    nodePortAddresses === 'all' ? [...localAddresses].filter(isOfFamily) : nodePortAddresses[ipFamily];
  const isLoopback = (ip: string): boolean => isLocalAddress(ip, noAddresses);
  return new Set(localhostNodePorts ? addresses : addresses.filter((ip) => !isLoopback(ip)));
}

const noAddresses: ReadonlySet<string> = new Set();

function sameSet(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.size === b.size && [...a].every((item) => b.has(item));
}
