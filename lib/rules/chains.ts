// rules/chains.ts: PURE. The chains' names and the jumps into them, and why they hang where they hang. Portal and
// node-port chains are named as kube-proxy's userspace mode had them, so that its readers, and its cleanup, know them.

//   nat    PREROUTING ─┬► KUBE-PORTALS-CONTAINER ──┐   packets that arrive       a portal's rules, or, when there
//          OUTPUT ─────┼► KUBE-PORTALS-HOST ───────┴─► packets this host sends   are many, a shared tree of chains
//                      └► KUBE-NODEPORT-CONTAINER, KUBE-NODEPORT-HOST: last, for addresses of this host; a tree by port
//   filter INPUT ──────► KUBE-PORTALS-FILTER ─┬─► KUBE-PORTALS-REFUSE   led here by a portal that is not to be served
//                                             ├─► KUBE-PORTALS-FIREWALL a portal that this client may not use
//                                             └─► KUBE-PORTALS-DIRECT   not led here by a portal: a proxy port is closed
//          FORWARD ────► KUBE-PORTALS-FORWARD ──► KUBE-PORTALS-FIREWALL
//          OUTPUT ─────► KUBE-PORTALS-FIREWALL
//
// REFUSE is in INPUT because nat may not REJECT, and because FORWARD never sees a packet whose destination is this
// host (nor any packet at all while ip_forward is 0).

export type TableName = 'nat' | 'filter';

/**
 * The order in which tables are written, each of them atomically. The filter first: if nat then fails, the old portals
 * still lead to listeners that are open, and a port is refused or closed to the outside too early rather than too late.
 */
export const tableNames: readonly TableName[] = ['filter', 'nat'];

/** A rule is what iptables-save prints after `-A CHAIN `; chains by name. */
export type Chains = ReadonlyMap<string, readonly string[]>;

/** A rule of ours in a chain that is not ours. */
export interface Jump {
  readonly from: 'PREROUTING' | 'OUTPUT' | 'INPUT' | 'FORWARD';
  /** Where it is put when it is absent; nobody fights over the position afterwards. */
  readonly at: 'top' | 'end';
  readonly rule: string;
}

/** What is ours in one table. */
export interface TableRules {
  readonly chains: Chains;
  readonly jumps: readonly Jump[];
}

/** What is ours in one family, desired or standing. */
export type FamilyRules = Readonly<Record<TableName, TableRules>>;

export const portalPrefix = 'KUBE-PORTALS-';
export const containerChain = 'KUBE-PORTALS-CONTAINER';
export const hostChain = 'KUBE-PORTALS-HOST';
export const filterChain = 'KUBE-PORTALS-FILTER';
export const refuseChain = 'KUBE-PORTALS-REFUSE';
export const directChain = 'KUBE-PORTALS-DIRECT';
export const firewallChain = 'KUBE-PORTALS-FIREWALL';
export const forwardChain = 'KUBE-PORTALS-FORWARD';

export const nodePortPrefix = 'KUBE-NODEPORT-';
export const nodePortContainerChain = 'KUBE-NODEPORT-CONTAINER';
export const nodePortHostChain = 'KUBE-NODEPORT-HOST';
/** All nodePorts, where only some addresses have them. */
export const offeredChain = 'KUBE-NODEPORT-OFFERED';

/** Of kube-proxy's userspace mode, and no chain of ours. */
const olderChain = 'KUBE-NODEPORT-NON-LOCAL';

const nodePortChains: ReadonlySet<string> = new Set([
  nodePortContainerChain,
  nodePortHostChain,
  offeredChain,
]);

export function isNodePortChain(name: string): boolean {
  return nodePortChains.has(name) || /^KUBE-NODEPORT-[TUS][0-9a-f]{4}-\d+$/.test(name);
}

/** Ours to rewrite and to remove. Not by the prefix alone: KUBE-NODEPORTS is a chain of today's kube-proxy. */
export function isOurChain(name: string): boolean {
  return name.startsWith(portalPrefix) || isNodePortChain(name);
}

/** Ours, or left behind by kube-proxy's userspace mode: what cleanup removes. */
export function isRemovableChain(name: string): boolean {
  return isOurChain(name) || name === olderChain;
}

const portals = '-m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules"';
const nodePorts =
  '-m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain"';
const newFlows = '-m conntrack ! --ctstate RELATED,ESTABLISHED';

/**
 * All that there may be. Those of the filter are passed by every first packet, whatever conntrack calls it (NEW,
 * INVALID, UNTRACKED), and by no later one of a known flow. That of INPUT, which is always wanted, has a second use: its
 * conntrack match keeps connection tracking on in the network namespace, which otherwise ends, and with it every live
 * stream, the moment somebody flushes the nat table and no other rule uses it.
 */
export const jumps = {
  nat: [
    { from: 'PREROUTING', at: 'top', rule: `${portals} -j ${containerChain}` },
    { from: 'OUTPUT', at: 'top', rule: `${portals} -j ${hostChain}` },
    { from: 'PREROUTING', at: 'end', rule: `${nodePorts} -j ${nodePortContainerChain}` },
    { from: 'OUTPUT', at: 'end', rule: `${nodePorts} -j ${nodePortHostChain}` },
  ],
  filter: [
    { from: 'INPUT', at: 'top', rule: `${newFlows} -m comment --comment "proxy ports" -j ${filterChain}` },
    { from: 'FORWARD', at: 'top', rule: `${newFlows} -m comment --comment "to others" -j ${forwardChain}` },
    {
      from: 'OUTPUT',
      at: 'top',
      rule: `${newFlows} -m comment --comment "source ranges" -j ${firewallChain}`,
    },
  ],
} as const satisfies Readonly<Record<TableName, readonly Jump[]>>;
