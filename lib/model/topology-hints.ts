// model/topology-hints.ts: which of the ready endpoints are meant for this node, by the hints in their slices. As
// kube-proxy 1.36 decides it (pkg/proxy/topology.go): hints are followed whenever they are complete, whatever
// trafficDistribution says; it is Kubernetes that writes them accordingly.
import type { Endpoint } from './endpoint.js';
import type { NodeFacts } from './node-facts.js';

export type IsMeantForNode = (endpoint: Endpoint) => boolean;

/**
 * undefined: hints are not followed. Hints for nodes come before hints for zones. Of either kind, every ready endpoint
 * must have one and at least one must name this node or its zone: else following them could leave clients without an
 * endpoint, or send all to a few.
 */
export function hintsInForce(
  ready: readonly Endpoint[],
  { name, zone }: Pick<NodeFacts, 'name' | 'zone'>,
): IsMeantForNode | undefined {
  const [first] = ready;
  if (first?.nodeHints === undefined && first?.zoneHints === undefined) return undefined;
  const forNode: IsMeantForNode = ({ nodeHints }) => nodeHints?.includes(name) === true;
  if (ready.every(({ nodeHints }) => nodeHints !== undefined) && ready.some(forNode)) return forNode;
  const forZone: IsMeantForNode = ({ zoneHints }) => zoneHints?.includes(zone) === true;
  if (ready.every(({ zoneHints }) => zoneHints !== undefined) && ready.some(forZone)) return forZone;
  return undefined;
}
