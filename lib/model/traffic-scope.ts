// model/traffic-scope.ts: which of a ServicePort's usable endpoints a connection may go to: all of the cluster's or only
// this node's. The words are those of internalTrafficPolicy and externalTrafficPolicy.

export type TrafficScope = 'Cluster' | 'Local';

/** Everything that traffic may be for, in the order in which listeners are opened. */
export const trafficScopes: readonly TrafficScope[] = ['Cluster', 'Local'];

/** Of a ServicePort: where it may be reached besides its clusterIP. */
interface ExternalPortals {
  readonly nodePort?: number;
  readonly externalIPs?: readonly string[];
  readonly loadBalancerIPs?: readonly string[];
}

interface Policies extends ExternalPortals {
  readonly internalPolicy: TrafficScope;
  readonly externalPolicy: TrafficScope;
}

/** Has it a portal besides its clusterIP? */
export function isExternallyAccessible({ nodePort, externalIPs, loadBalancerIPs }: ExternalPortals): boolean {
  return nodePort !== undefined || isFilled(externalIPs) || isFilled(loadBalancerIPs);
}

/**
 * Whether some portal of the ServicePort leads to endpoints of this scope. With externalTrafficPolicy Local too, pods
 * and this host reach external addresses by the Cluster scope: the short circuit.
 */
export function usesScope(servicePort: Policies, scope: TrafficScope): boolean {
  const external = isExternallyAccessible(servicePort);
  return scope === 'Cluster'
    ? servicePort.internalPolicy === 'Cluster' || external
    : servicePort.internalPolicy === 'Local' || (external && servicePort.externalPolicy === 'Local');
}

function isFilled(list: readonly string[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}
