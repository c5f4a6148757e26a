// rules/desired-chains.ts: PURE. All that should stand in one IP family: from the proxier's DesiredRules to chains and
// jumps. Computed whole for each sync; what is costly (one rule per portal) is remembered by portal-rule.ts.
import type { IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import {
  containerChain,
  directChain,
  type FamilyRules,
  filterChain,
  filterRules,
  hostChain,
  jumps,
  refuseChain,
} from './chains.js';
import { rejectPorts } from './port-tree.js';
import type { DesiredRules, ProxyPort } from './portal.js';
import type { PortalRules } from './portal-rule.js';
import { portalTree } from './portal-tree.js';
import { guarded } from './sctp-guard.js';

/** Nothing to capture and nothing to close: a family nobody uses is left as it is found. */
export function isFamilyUnused(desired: DesiredRules, ipFamily: IpFamily): boolean {
  const ofFamily = (item: { readonly ipFamily: IpFamily }) => item.ipFamily === ipFamily;
  return !desired.portals.some(ofFamily) && !desired.proxyPorts.some(ofFamily);
}

export function desiredChains(
  desired: DesiredRules,
  ipFamily: IpFamily,
  portalRules: PortalRules,
): FamilyRules {
  const steering = desired.steering[ipFamily];
  const portals = desired.portals.filter((portal) => portal.ipFamily === ipFamily);
  const tree = portalTree(
    portals.map((portal) => portalRules(portal, steering)),
    ipFamily,
  );
  const nat = new Map([[containerChain, tree.root], [hostChain, tree.root], ...tree.chains]);
  const filter = new Map<string, readonly string[]>([
    [filterChain, filterRules],
    ...rejecting(refusedPorts(desired, ipFamily), ipFamily, refuseChain),
    ...rejecting(desired.proxyPorts, ipFamily, directChain),
  ]);
  const { sctpGuard, proxyPorts } = desired;
  return {
    nat: { chains: nat, jumps: jumps.nat },
    filter: guarded({ chains: filter, jumps: jumps.filter }, sctpGuard, proxyPorts, ipFamily),
  };
}

/**
 * Portals of one listener share its port, which is all the filter table sees of them. A port is refused only when every
 * portal that leads there is: one that serves must not be cut (the listener resets what comes by the others).
 * SCTP is refused by its listener alone: it answers an INIT with an ABORT, which every client takes for a refusal at once;
 * of ICMP errors, user-space stacks hear nothing, and the kernel's own goes on trying after a port unreachable.
 */
function refusedPorts(desired: DesiredRules, ipFamily: IpFamily): readonly ProxyPort[] {
  const refused: ProxyPort[] = [];
  const serving = new Set<string>();
  for (const portal of desired.portals) {
    if (portal.ipFamily !== ipFamily || portal.protocol === 'SCTP') continue;
    const { protocol, proxyPort } = portal;
    if (portal.refused) refused.push({ protocol, port: proxyPort, ipFamily });
    else serving.add(`${protocol}/${proxyPort}`);
  }
  return refused.filter(({ protocol, port }) => !serving.has(`${protocol}/${port}`));
}

function rejecting(
  proxyPorts: readonly ProxyPort[],
  ipFamily: IpFamily,
  rootChain: string,
): readonly (readonly [string, readonly string[]])[] {
  const ports: Record<Protocol, Set<number>> = { TCP: new Set(), UDP: new Set(), SCTP: new Set() };
  for (const proxyPort of proxyPorts) {
    if (proxyPort.ipFamily === ipFamily) ports[proxyPort.protocol].add(proxyPort.port);
  }
  const trees = (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => {
    const ascending = [...ports[protocol]].sort((a, b) => a - b);
    return rejectPorts(ascending, protocol, ipFamily, rootChain);
  });
  return [[rootChain, trees.flatMap(({ root }) => root)], ...trees.flatMap(({ chains }) => [...chains])];
}
