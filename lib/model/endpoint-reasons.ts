// model/endpoint-reasons.ts: PURE. Why an endpoint takes no new connections of one scope, in words. Says what
// usable-endpoints.ts decided; does not decide anew.
import type { Endpoint, UsableEndpoints } from './endpoint.js';
import type { NodeFacts } from './node-facts.js';
import { hintsInForce } from './topology-hints.js';
import type { TrafficScope } from './traffic-scope.js';

/**
 * @param all of the ServicePort, usable or not
 * @param usable as the model chose
 * @returns undefined: it is one of those chosen
 */
export function whyNotUsable(
  endpoint: Endpoint,
  all: readonly Endpoint[],
  usable: UsableEndpoints,
  scope: TrafficScope,
  node: Pick<NodeFacts, 'name' | 'zone'>,
): string | undefined {
  if (usable[scope].some(({ ip, port }) => ip === endpoint.ip && port === endpoint.port)) return undefined;
  const { ready, serving, terminating } = endpoint;
  if (terminating && !serving) return 'terminating, and serves no more';
  if (terminating && !ready) return 'terminating, and others are ready';
  if (!ready) return 'not ready';
  if (scope === 'Local') return elsewhere(endpoint, node);
  const meant = hintsInForce(
    all.filter((one) => one.ready),
    node,
  );
  if (meant !== undefined && !meant(endpoint)) return hintText(endpoint, node);
  return 'not chosen yet: the next sync looks at it';
}

function elsewhere({ nodeName }: Endpoint, node: Pick<NodeFacts, 'name'>): string {
  return nodeName === undefined
    ? `its slice names no node, and only those on ${node.name} count`
    : `on node ${nodeName}, and only those on ${node.name} count`;
}

function hintText(
  { nodeHints, zoneHints }: Endpoint,
  { name, zone }: Pick<NodeFacts, 'name' | 'zone'>,
): string {
  if (nodeHints !== undefined) return `hinted to node ${nodeHints.join(', ')}, and this one is ${name}`;
  return `hinted to zone ${zoneHints?.join(', ') ?? '?'}, and this node is in ${zone === '' ? 'no known zone' : zone}`;
}
