// rules/filter-chains.ts: PURE. The filter table: what becomes of new flows that portals led here, of those that came to
// a proxy port by themselves, and of those that no portal took though they are addressed to one.
import type { IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import {
  directChain,
  filterChain,
  firewallChain,
  forwardChain,
  jumps,
  refuseChain,
  type TableRules,
} from './chains.js';
import { type ClosedPorts, portTree } from './port-tree.js';
import type { Disposition, ProxyPort } from './portal.js';
import type { PortalTree } from './portal-tree.js';

export interface FilterWishes {
  readonly ipFamily: IpFamily;
  /** Of the family. */
  readonly proxyPorts: readonly ProxyPort[];
  /** The guards of the family's portals with source ranges, see PlacedRules. */
  readonly guards: PortalTree;
  readonly dropInvalid: boolean;
}

/** Jumps that every packet passes hang only where they are needed: INPUT's is, the others wait for a reason. */
export function filterTable({ ipFamily, proxyPorts, guards, dropInvalid }: FilterWishes): TableRules {
  const refused = byProtocol(proxyPorts, portalDisposition);
  const direct = byProtocol(proxyPorts, () => 'refuse');
  const chains = new Map<string, readonly string[]>([
    [filterChain, filterRules(ipFamily)],
    ...rootedTrees(refused, ipFamily, refuseChain),
    [firewallChain, guards.root],
    ...guards.chains,
    ...rootedTrees(direct, ipFamily, directChain),
    [forwardChain, [...(dropInvalid ? [invalidRule] : []), toFirewall]],
  ]);
  const isGuarded = guards.root.length > 0;
  const wanted: Readonly<Record<(typeof jumps.filter)[number]['from'], boolean>> = {
    INPUT: true,
    FORWARD: isGuarded || dropInvalid,
    OUTPUT: isGuarded,
  };
  return { chains, jumps: jumps.filter.filter(({ from }) => wanted[from]) };
}

const toFirewall = `-m comment --comment "source ranges" -j ${firewallChain}`;

/** A packet of no flow that conntrack knows would be answered with a reset that cuts a stream (kubernetes #74839). */
export const invalidRule = '-m conntrack --ctstate INVALID -m comment --comment "of no known flow" -j DROP';

/** Does nothing but count: what the nodePorts of loopback addresses took. */
export function localhostRule(ipFamily: IpFamily): string {
  const loopback = ipFamily === 'IPv4' ? '127.0.0.0/8' : '::1';
  return `-m conntrack --ctstate DNAT --ctorigdst ${loopback} -m comment --comment "localhost nodePorts"`;
}

/**
 * KUBE-PORTALS-FILTER. `-g` (goto) does not come back: what a portal led here must not go on to DIRECT.
 * `--ctstate DNAT` matches REDIRECTed packets too, from PREROUTING and from OUTPUT.
 */
function filterRules(ipFamily: IpFamily): readonly string[] {
  return [
    localhostRule(ipFamily),
    `-m conntrack --ctstate DNAT -m comment --comment "by a portal" -g ${refuseChain}`,
    toFirewall,
    `-m comment --comment "not by a portal" -g ${directChain}`,
  ];
}

/**
 * Over SCTP the listener refuses, no rule: it answers an INIT with an ABORT, which every client takes for a refusal at
 * once; of ICMP errors, user-space stacks hear nothing, and the kernel's own goes on trying after a port unreachable.
 */
function portalDisposition({ protocol, disposition }: ProxyPort): Disposition {
  return protocol === 'SCTP' && disposition === 'refuse' ? 'serve' : disposition;
}

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

type PortsByProtocol = Readonly<Record<Protocol, ClosedPorts>>;

function byProtocol(
  proxyPorts: readonly ProxyPort[],
  dispositionOf: (proxyPort: ProxyPort) => Disposition,
): PortsByProtocol {
  const closedIn = (protocol: Protocol): ClosedPorts => {
    const ports = { serve: new Set<number>(), refuse: new Set<number>(), drop: new Set<number>() };
    for (const proxyPort of proxyPorts) {
      if (proxyPort.protocol === protocol) ports[dispositionOf(proxyPort)].add(proxyPort.port);
    }
    // Should a port be listed twice: what serves must not be cut.
    const refuse = [...ports.refuse].filter((port) => !ports.serve.has(port));
    const drop = [...ports.drop].filter((port) => !ports.serve.has(port) && !ports.refuse.has(port));
    return { refuse: refuse.sort(ascending), drop: drop.sort(ascending) };
  };
  return { TCP: closedIn('TCP'), UDP: closedIn('UDP'), SCTP: closedIn('SCTP') };
}

function ascending(a: number, b: number): number {
  return a - b;
}

function rootedTrees(
  ports: PortsByProtocol,
  ipFamily: IpFamily,
  rootChain: string,
): readonly (readonly [string, readonly string[]])[] {
  const trees = protocols.map((protocol) => portTree(ports[protocol], protocol, ipFamily, rootChain));
  return [[rootChain, trees.flatMap(({ root }) => root)], ...trees.flatMap(({ chains }) => [...chains])];
}
