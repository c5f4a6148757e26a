// proxier/plan.ts: PURE. From the listeners that are open to the rules that should stand, and from one set of portals
// to the next: which conntrack entries are stale. Keeps objects that did not change, so that the next layer may compare
// by identity.
import type { IpFamily } from '../model/ip.js';
import type { UdpPortal } from './conntrack.js';
import type { HeldListener } from './listener-set.js';
import type { DesiredRules, Portal, SctpGuard, Steering } from './rule-applier.js';

export interface RulesPlan {
  readonly desired: DesiredRules;
  /** By ServicePort key. */
  readonly portals: ReadonlyMap<string, Portal>;
}

/** The rules for the listeners whose Service still is. Returns `previous` itself when nothing changed. */
export function planRules(
  live: Iterable<HeldListener>,
  steering: Readonly<Record<IpFamily, Steering>>,
  previous: RulesPlan | undefined,
  sctpGuard?: SctpGuard,
): RulesPlan {
  const portals = new Map<string, Portal>();
  let same =
    previous !== undefined &&
    previous.desired.steering === steering &&
    previous.desired.sctpGuard === sctpGuard;
  for (const held of live) {
    const { key } = held.servicePort;
    const before = previous?.portals.get(key);
    const portal = before !== undefined && isPortalOf(before, held) ? before : portalOf(held);
    if (portal !== before) same = false;
    portals.set(key, portal);
  }
  if (same && previous?.portals.size === portals.size) return previous;
  const list = [...portals.values()];
  const proxyPorts = list.map(({ protocol, proxyPort, ipFamily }) => ({
    protocol,
    port: proxyPort,
    ipFamily,
  }));
  return { desired: { portals: list, steering, proxyPorts, ...(sctpGuard && { sctpGuard }) }, portals };
}

function portalOf({ servicePort, listener, config }: HeldListener): Portal {
  return {
    ipFamily: servicePort.ipFamily,
    ip: servicePort.clusterIP,
    port: servicePort.port,
    protocol: servicePort.name.protocol,
    servicePortName: servicePort.name,
    proxyPort: listener.port,
    refused: config.endpoints.length === 0,
  };
}

/** Family, protocol and name are part of the key under which it was found. */
function isPortalOf(portal: Portal, { servicePort, listener, config }: HeldListener): boolean {
  return (
    portal.ip === servicePort.clusterIP &&
    portal.port === servicePort.port &&
    portal.proxyPort === listener.port &&
    portal.refused === (config.endpoints.length === 0)
  );
}

/** A portal's address as a key; the family is part of the address. */
export function portalKey(portal: Pick<Portal, 'ip' | 'port' | 'protocol'>): string {
  return `${portal.ip} ${portal.port} ${portal.protocol}`;
}

/** The UDP portals that may have conntrack entries which would keep a client where it should not be. */
export function staleUdp(
  before: readonly Portal[] | undefined,
  after: readonly Portal[],
): readonly UdpPortal[] {
  const earlier = new Map<string, Portal>();
  for (const portal of before ?? []) {
    if (portal.protocol === 'UDP') earlier.set(portalKey(portal), portal);
  }
  const stale: UdpPortal[] = [];
  for (const portal of after) {
    if (portal.protocol !== 'UDP') continue;
    const key = portalKey(portal);
    const was = earlier.get(key);
    earlier.delete(key);
    if (was === portal || (was?.proxyPort === portal.proxyPort && was.refused === portal.refused)) continue;
    const { ipFamily, ip, port, proxyPort } = portal;
    stale.push(portal.refused ? { ipFamily, ip, port } : { ipFamily, ip, port, proxyPort });
  }
  for (const { ipFamily, ip, port } of earlier.values()) stale.push({ ipFamily, ip, port });
  return stale;
}
