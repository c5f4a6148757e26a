// rules/desired-chains.ts: PURE. All that should stand in one IP family: from the proxier's DesiredRules to chains and
// jumps. Computed whole for each sync; what is costly (the text of each portal's rules) is remembered by portal-rule.ts.
import type { IpFamily } from '../model/ip.js';
import type { FamilyRules } from './chains.js';
import { filterTable } from './filter-chains.js';
import { addressSpace, nodePortSpace } from './key-space.js';
import { natTable } from './nat-chains.js';
import type { DesiredRules } from './portal.js';
import type { PortalRules } from './portal-rule.js';
import { portalTree, type TreeItem } from './portal-tree.js';
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
  const addresses: TreeItem[] = [];
  const nodePorts: TreeItem[] = [];
  const guards: TreeItem[] = [];
  for (const portal of desired.portals) {
    if (portal.ipFamily !== ipFamily) continue;
    const placed = portalRules(portal, desired);
    if (placed.rules.length > 0) (portal.kind === 'nodePort' ? nodePorts : addresses).push(placed);
    if (placed.guard !== undefined) guards.push({ digits: placed.digits, rules: [placed.guard] });
  }
  const space = addressSpace(ipFamily);
  const proxyPorts = desired.proxyPorts.filter((proxyPort) => proxyPort.ipFamily === ipFamily);
  const { dropInvalid, sctpGuard } = desired;
  const filter = filterTable({ ipFamily, proxyPorts, guards: portalTree(guards, space), dropInvalid });
  return {
    nat: natTable(portalTree(addresses, space), portalTree(nodePorts, nodePortSpace), desired, ipFamily),
    filter: guarded(filter, sctpGuard, proxyPorts, ipFamily),
  };
}
