// rules/nat-chains.ts: PURE. The nat table: the root chains of the portals at an address, and of the nodePorts, which
// are asked last, for packets to this host's own addresses.
import { hostPrefix, type IpFamily } from '../model/ip.js';
import {
  containerChain,
  hostChain,
  jumps,
  nodePortContainerChain,
  nodePortHostChain,
  offeredChain,
  type TableRules,
} from './chains.js';
import { intersection, parseCidr } from './cidr.js';
import type { DesiredRules } from './portal.js';
import type { PortalTree } from './portal-tree.js';

type Offer = Pick<DesiredRules, 'nodePortAddresses' | 'localhostNodePorts'>;

/** Both roots of a kind hold the same: packets that arrive and those this host sends go the same ways. */
export function natTable(
  addresses: PortalTree,
  nodePorts: PortalTree,
  offer: Offer,
  ipFamily: IpFamily,
): TableRules {
  const offered = offeredNodePorts(nodePorts, offer, ipFamily);
  const chains = new Map<string, readonly string[]>([
    [containerChain, addresses.root],
    [hostChain, addresses.root],
    ...addresses.chains,
    [nodePortContainerChain, offered.root],
    [nodePortHostChain, offered.root],
    ...offered.chains,
  ]);
  return { chains, jumps: jumps.nat };
}

const loopback: Readonly<Record<IpFamily, string>> = { IPv4: '127.0.0.0/8', IPv6: '::1/128' };

function offeredNodePorts(
  nodePorts: PortalTree,
  { nodePortAddresses, localhostNodePorts }: Offer,
  ipFamily: IpFamily,
): PortalTree {
  if (nodePorts.root.length === 0) return nodePorts;
  if (nodePortAddresses === 'all') {
    const except = localhostNodePorts ? [] : [`-d ${loopback[ipFamily]} -j RETURN`];
    return { root: [...except, ...nodePorts.root], chains: nodePorts.chains };
  }
  const addresses = nodePortAddresses[ipFamily].filter(
    (ip) => localhostNodePorts || !isLoopback(ip, ipFamily),
  );
  const root = [...new Set(addresses)].sort().map((ip) => `-d ${hostPrefix(ip)} -g ${offeredChain}`);
  return { root, chains: new Map([[offeredChain, nodePorts.root], ...nodePorts.chains]) };
}

function isLoopback(ip: string, ipFamily: IpFamily): boolean {
  const range = parseCidr(loopback[ipFamily], ipFamily);
  const host = parseCidr(hostPrefix(ip), ipFamily);
  return range !== undefined && host !== undefined && intersection(range, host) !== undefined;
}
