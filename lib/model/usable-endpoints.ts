// model/usable-endpoints.ts: which endpoints of a ServicePort take new connections, by scope: the ready ones, or else, so
// that a Service whose last pods are going away is served to the end, those that still serve while they terminate
// (KEP-1669). Decided for each scope on its own, as kube-proxy 1.36 does (CategorizeEndpoints in pkg/proxy/topology.go).
// A Service with publishNotReadyAddresses has them all ready: the EndpointSlice controller sees to it.
import type { Endpoint, UsableEndpoints } from './endpoint.js';
import type { NodeFacts } from './node-facts.js';
import type { ServicePort } from './service-port.js';
import { sameEndpoint, sameLists } from './slice-record.js';
import { hintsInForce } from './topology-hints.js';
import { usesScope } from './traffic-scope.js';

const none: readonly Endpoint[] = [];

/** Of a ServicePort that no endpoint belongs to. */
export const noEndpoints: UsableEndpoints = {
  Cluster: none,
  Local: none,
  hasAny: false,
  resting: none,
  localReady: 0,
};

/**
 * `all` itself stands for those that it would equal, and `previous` and its lists for what did not change: the common
 * case costs no array, and later layers compare by identity.
 */
export function usableEndpoints(
  all: readonly Endpoint[],
  servicePort: ServicePort,
  node: Pick<NodeFacts, 'name' | 'zone'>,
  previous: UsableEndpoints = noEndpoints,
): UsableEndpoints {
  const isLocal = ({ nodeName }: Endpoint): boolean => nodeName === node.name && nodeName !== '';
  const ready = select(all, (endpoint) => endpoint.ready);
  const usesCluster = usesScope(servicePort, 'Cluster');
  const isMeantForNode = usesCluster ? hintsInForce(ready, node) : undefined;
  const chosen = isMeantForNode === undefined ? ready : select(ready, isMeantForNode);
  const localReady = select(ready, isLocal);
  const rests = (endpoint: Endpoint): boolean =>
    !endpoint.terminating && (!endpoint.ready || isMeantForNode?.(endpoint) === false);
  const leaving = (): readonly Endpoint[] => all.filter(servesWhileTerminating);
  return keepSame(previous, {
    Cluster: usesCluster ? orElse(chosen, leaving) : none,
    Local: usesScope(servicePort, 'Local') ? orElse(localReady, () => leaving().filter(isLocal)) : none,
    hasAny: ready.length > 0 || all.some(servesWhileTerminating),
    resting: select(all, rests),
    localReady: localReady.length > 1 ? new Set(localReady.map(({ ip }) => ip)).size : localReady.length,
  });
}

/** Everything that some portal leads to, each endpoint once. */
export function reachableEndpoints({ Cluster, Local }: UsableEndpoints): readonly Endpoint[] {
  if (Local.length === 0) return Cluster;
  const known = new Set(Cluster);
  const more = Local.filter((endpoint) => !known.has(endpoint));
  return more.length === 0 ? Cluster : [...Cluster, ...more];
}

function servesWhileTerminating({ ready, serving, terminating }: Endpoint): boolean {
  return !ready && serving && terminating;
}

/** `list` itself where every one is selected, and one empty list for all where none is. */
function select(list: readonly Endpoint[], isSelected: (endpoint: Endpoint) => boolean): readonly Endpoint[] {
  if (list.every(isSelected)) return list;
  return orElse(list.filter(isSelected), () => none);
}

function orElse(list: readonly Endpoint[], other: () => readonly Endpoint[]): readonly Endpoint[] {
  return list.length > 0 ? list : other();
}

function keepSame(previous: UsableEndpoints, next: UsableEndpoints): UsableEndpoints {
  const keep = (before: readonly Endpoint[], after: readonly Endpoint[]): readonly Endpoint[] =>
    sameLists(before, after, sameEndpoint) ? before : after;
  const kept: UsableEndpoints = {
    Cluster: keep(previous.Cluster, next.Cluster),
    Local: keep(previous.Local, next.Local),
    hasAny: next.hasAny,
    resting: keep(previous.resting, next.resting),
    localReady: next.localReady,
  };
  const isSame =
    kept.Cluster === previous.Cluster &&
    kept.Local === previous.Local &&
    kept.hasAny === previous.hasAny &&
    kept.resting === previous.resting &&
    kept.localReady === previous.localReady;
  return isSame ? previous : kept;
}
