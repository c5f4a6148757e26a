// rules/chains.ts: PURE. The chains' names and the jumps into them, and why they hang where they hang. Portal chains
// are named as kube-proxy's userspace mode had them, so that its readers, and its cleanup, know them.

//   nat    PREROUTING ─► KUBE-PORTALS-CONTAINER ─┐   packets that arrive       one rule per portal, or, when there
//          OUTPUT ─────► KUBE-PORTALS-HOST ──────┴─► packets this host sends   are many, a shared tree of chains
//   filter INPUT ──────► KUBE-PORTALS-FILTER ─┬─► KUBE-PORTALS-REFUSE   led here by a portal that has no endpoints
//                                             └─► KUBE-PORTALS-DIRECT   not led here by a portal: a proxy port is closed
//
// REFUSE is in INPUT because nat may not REJECT, and because FORWARD never sees a packet whose destination is this
// host (nor any packet at all while ip_forward is 0).

export type TableName = 'nat' | 'filter';

/**
 * The order in which tables are written, each of them atomically. The filter first: if nat then fails, the old portals
 * still lead to listeners that are open, and a port is refused or closed to the outside too early rather than too late.
 */
export const tableNames: readonly TableName[] = ['filter', 'nat'];

/** A rule of ours in a chain that is not ours. */
export interface Jump {
  readonly from: 'PREROUTING' | 'OUTPUT' | 'INPUT';
  /** As iptables-save prints it, without `-A CHAIN`. */
  readonly rule: string;
}

/** A rule is what iptables-save prints after `-A CHAIN `; chains by name. */
export type Chains = ReadonlyMap<string, readonly string[]>;

/** What is ours in one table. */
export interface TableRules {
  readonly chains: Chains;
  readonly jumps: readonly Jump[];
}

/** What is ours in one family, desired or standing. */
export type FamilyRules = Readonly<Record<TableName, TableRules>>;

export const containerChain = 'KUBE-PORTALS-CONTAINER';
export const hostChain = 'KUBE-PORTALS-HOST';
export const filterChain = 'KUBE-PORTALS-FILTER';
export const refuseChain = 'KUBE-PORTALS-REFUSE';
export const directChain = 'KUBE-PORTALS-DIRECT';

const portalPrefix = 'KUBE-PORTALS-';

/** Of kube-proxy's userspace mode. Exact names: KUBE-NODEPORTS is a chain of today's kube-proxy. */
const olderChains: ReadonlySet<string> = new Set([
  'KUBE-NODEPORT-CONTAINER',
  'KUBE-NODEPORT-HOST',
  'KUBE-NODEPORT-NON-LOCAL',
]);

/** Ours to rewrite and to remove. */
export function isPortalChain(name: string): boolean {
  return name.startsWith(portalPrefix);
}

/** Ours, or left behind by kube-proxy's userspace mode: what cleanup removes. */
export function isRemovableChain(name: string): boolean {
  return isPortalChain(name) || olderChains.has(name);
}

const portalComment = '"handle ClusterIPs; NOTE: this must be before the NodePort rules"';

/**
 * Inserted at the top when absent; nobody fights over the position afterwards. The INPUT jump is passed by every first
 * packet, whatever conntrack calls it (NEW, INVALID, UNTRACKED), and by no later one of a known flow. Its conntrack
 * match has a second use: it keeps connection tracking on in the network namespace, which otherwise ends, and with it
 * every live stream, the moment somebody flushes the nat table and no other rule uses it.
 */
export const jumps: Readonly<Record<TableName, readonly Jump[]>> = {
  nat: [
    { from: 'PREROUTING', rule: `-m comment --comment ${portalComment} -j ${containerChain}` },
    { from: 'OUTPUT', rule: `-m comment --comment ${portalComment} -j ${hostChain}` },
  ],
  filter: [
    {
      from: 'INPUT',
      rule: `-m conntrack ! --ctstate RELATED,ESTABLISHED -m comment --comment "proxy ports" -j ${filterChain}`,
    },
  ],
};

/**
 * KUBE-PORTALS-FILTER. `-g` (goto) does not come back: what a portal led here must not go on to DIRECT.
 * `--ctstate DNAT` matches REDIRECTed packets too, from PREROUTING and from OUTPUT.
 */
export const filterRules: readonly string[] = [
  `-m conntrack --ctstate DNAT -m comment --comment "by a portal" -g ${refuseChain}`,
  `-m comment --comment "not by a portal" -g ${directChain}`,
];
