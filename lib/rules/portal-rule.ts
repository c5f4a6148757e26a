// rules/portal-rule.ts: PURE. The rules that capture a portal, and its place in the tree. Both are kept for as long as
// the Portal object is, so that a sync after one Service's change makes one new rule and not ten thousand.
import { flatString } from '../model/flat-string.js';
import { hostPort, hostPrefix } from '../model/ip.js';
import { formatServicePortName } from '../model/service-port-name.js';
import type { DesiredRules, Portal, Steering } from './portal.js';
import { portalKeyDigits, protocolOption } from './portal-key.js';
import { commentMatch } from './rule-text.js';
import { sourceMatches } from './sources.js';

/** Of what is desired, what a portal's rules depend on besides the portal. */
export type RuleSetting = Pick<DesiredRules, 'steering' | 'detectLocal'>;

export interface PlacedRules {
  /** See portalKeyDigits. */
  readonly digits: string;
  /** Of the nat table, in this order. Empty when nobody may use the portal. */
  readonly rules: readonly string[];
  /** Of the filter table: drops what none of `rules` took. Undefined where everybody may use the portal. */
  readonly guard: string | undefined;
}

/** Remembers per Portal object; the setting is part of what is remembered. */
export type PortalRules = (portal: Portal, setting: RuleSetting) => PlacedRules;

interface Remembered {
  readonly placed: PlacedRules;
  readonly steering: Steering;
  readonly detectLocal: RuleSetting['detectLocal'];
}

export function createPortalRules(): PortalRules {
  const known = new WeakMap<Portal, Remembered>();
  return (portal, setting) => {
    const steering = setting.steering[portal.ipFamily];
    const { detectLocal } = setting;
    const before = known.get(portal);
    if (before?.steering === steering && before.detectLocal === detectLocal) return before.placed;
    const placed = {
      digits: before?.placed.digits ?? portalKeyDigits(portal),
      rules: portalRules(portal, setting).map(flatString),
      guard: portal.sourceRanges === undefined ? undefined : flatString(guardRule(portal)),
    };
    known.set(portal, { placed, steering, detectLocal });
    return placed;
  };
}

/**
 * One for each of those who may come by each of the ways; a single one where everybody comes by one way. The same for
 * packets that arrive and for those this host sends, which is what lets both root chains share the tree.
 * (kube-proxy's HOST chain had DNAT to a host address instead, lest UDP replies leave from another address than was
 * asked; our listeners answer from the right one.)
 */
export function portalRules(portal: Portal, { steering, detectLocal }: RuleSetting): readonly string[] {
  const { destination, service } = matchesOf(portal);
  const { ipFamily, sourceRanges } = portal;
  return portal.ways.flatMap(({ from, proxyPort }) => {
    const target = targetText(steering[ipFamily], proxyPort);
    return sourceMatches(from, sourceRanges, detectLocal, ipFamily).map(
      (source) => `${source.address}${destination}${source.interface}${service}${source.type} ${target}`,
    );
  });
}

/** A packet that is still addressed to the portal when it comes here was steered by none of its rules. */
function guardRule(portal: Portal): string {
  const { destination, service } = matchesOf(portal);
  return `${destination}${service} -j DROP`;
}

function matchesOf(portal: Portal): { readonly destination: string; readonly service: string } {
  const protocol = protocolOption(portal.protocol);
  const comment = commentMatch(formatServicePortName(portal.servicePortName));
  return {
    destination: portal.ip === '' ? '' : `-d ${hostPrefix(portal.ip)} `,
    service: `-p ${protocol} ${comment} -m ${protocol} --dport ${portal.port}`,
  };
}

function targetText(steering: Steering, proxyPort: number): string {
  return steering.kind === 'redirect'
    ? `-j REDIRECT --to-ports ${proxyPort}`
    : `-j DNAT --to-destination ${hostPort(steering.to, proxyPort)}`;
}
