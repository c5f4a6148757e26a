// rules/portal-rule.ts: PURE. The one rule that captures a portal, and its place in the tree. Both are kept for as long
// as the Portal object is, so that a sync after one Service's change makes one new rule and not ten thousand.
import { flatString } from '../model/flat-string.js';
import { hostPort, hostPrefix } from '../model/ip.js';
import { formatServicePortName } from '../model/service-port-name.js';
import type { Portal, Steering } from './portal.js';
import { portalKeyDigits, protocolOption } from './portal-key.js';
import { commentMatch } from './rule-text.js';

export interface PlacedRule {
  /** See portalKeyDigits. */
  readonly digits: string;
  readonly rule: string;
}

/** Remembers per Portal object; the steering is part of what is remembered. */
export type PortalRules = (portal: Portal, steering: Steering) => PlacedRule;

export function createPortalRules(): PortalRules {
  const placed = new WeakMap<Portal, PlacedRule & { readonly steering: Steering }>();
  return (portal, steering) => {
    const before = placed.get(portal);
    if (before?.steering === steering) return before;
    const digits = before?.digits ?? portalKeyDigits(portal);
    const now = { digits, rule: flatString(portalRule(portal, steering)), steering };
    placed.set(portal, now);
    return now;
  };
}

/**
 * The same for packets that arrive and for those this host sends, which is what lets both root chains share the tree.
 * (kube-proxy's HOST chain had DNAT to a host address instead, lest UDP replies leave from another address than was
 * asked; our listeners answer from the right one.)
 */
export function portalRule(portal: Portal, steering: Steering): string {
  const protocol = protocolOption(portal.protocol);
  const comment = commentMatch(formatServicePortName(portal.servicePortName));
  const match = `-d ${hostPrefix(portal.ip)} -p ${protocol} ${comment} -m ${protocol} --dport ${portal.port}`;
  return steering.kind === 'redirect'
    ? `${match} -j REDIRECT --to-ports ${portal.proxyPort}`
    : `${match} -j DNAT --to-destination ${hostPort(steering.to, portal.proxyPort)}`;
}
