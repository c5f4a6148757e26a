// proxier/source-ranges.ts: PURE. Who may use a load balancer's address on this host: those in the Service's source ranges
// and, where this host is among them, this host by whichever address it sends from.
import { cidrOf, isInCidr } from '../model/cidr.js';
import { hostPrefix } from '../model/ip.js';

/**
 * Where the address is one of this host's own (kube-vip and the like put it there), what this host sends to it comes from
 * that very address, in no range at all. kube-proxy lets it in as well.
 * @param nodeAddress this host's main address of the family
 */
export function rangesOnThisHost(
  sourceRanges: readonly string[],
  loadBalancerIP: string,
  nodeAddress: string | undefined,
): readonly string[] {
  if (nodeAddress === undefined) return sourceRanges;
  const isIn = sourceRanges.some((range) => {
    const cidr = cidrOf(range);
    return cidr !== undefined && isInCidr(nodeAddress, cidr);
  });
  return isIn ? [...new Set([...sourceRanges, hostPrefix(loadBalancerIP)])] : sourceRanges;
}
