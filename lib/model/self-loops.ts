// model/self-loops.ts: endpoints that lead back into this proxy. One client of such an endpoint makes the proxy connect
// to itself without end and eats every descriptor within seconds, so the proxier leaves them out.
import type { Endpoint, EndpointAddress } from './endpoint.js';
import { hostPort } from './ip.js';
import { clusterPortal, formatPortal } from './portal-name.js';
import type { ServicePort } from './service-port.js';
import type { Protocol } from './service-port-name.js';
import type { Snapshot } from './snapshot.js';
import { strongComponents } from './strong-components.js';

export interface RefusedEndpoint {
  /** Key of the ServicePort that must not use it. */
  readonly key: string;
  readonly endpoint: Endpoint;
  readonly message: string;
}

interface Edge {
  readonly from: ServicePort;
  readonly to: ServicePort;
  readonly endpoint: Endpoint;
}

/**
 * Endpoints that are a portal and lead, over one or more Services, back to the Service they belong to: each edge of such
 * a cycle is refused. An endpoint that is another Service's portal and does not come back is fine (a Service in front
 * of a Service). Cheap where no endpoint has a clusterIP for its address: one Set lookup per endpoint.
 */
export function selfLoops(state: Pick<Snapshot, 'servicePorts' | 'endpoints'>): readonly RefusedEndpoint[] {
  const edges = portalEdges(state);
  if (edges.length === 0) return [];
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const known = targets.get(from.key);
    if (known === undefined) targets.set(from.key, [to.key]);
    else known.push(to.key);
  }
  const components = strongComponents(targets);
  return edges
    .filter(({ from, to }) => components.get(from.key) === components.get(to.key))
    .map(({ from, to, endpoint }) => ({ key: from.key, endpoint, message: loopMessage(from, to, endpoint) }));
}

/**
 * Endpoints that are one of this host's own proxy ports. `proxyPorts` holds `TCP/40001`; `localAddresses` are
 * canonical, and 127.0.0.0/8 and ::1 count as local whether listed or not.
 */
export function endpointsOnProxyPorts<E extends EndpointAddress>(
  endpoints: readonly E[],
  protocol: Protocol,
  localAddresses: ReadonlySet<string>,
  proxyPorts: ReadonlySet<string>,
): readonly E[] {
  const isLocal = (ip: string): boolean => ip.startsWith('127.') || ip === '::1' || localAddresses.has(ip);
  return endpoints.filter(({ ip, port }) => isLocal(ip) && proxyPorts.has(`${protocol}/${port}`));
}

function portalEdges(state: Pick<Snapshot, 'servicePorts' | 'endpoints'>): readonly Edge[] {
  if (state.endpoints.size === 0) return [];
  const clusterIPs = new Set<string>();
  for (const servicePort of state.servicePorts.values()) clusterIPs.add(servicePort.clusterIP);
  const suspects: Omit<Edge, 'to'>[] = [];
  for (const [key, endpoints] of state.endpoints) {
    const from = state.servicePorts.get(key);
    if (from === undefined) continue;
    for (const endpoint of endpoints) if (clusterIPs.has(endpoint.ip)) suspects.push({ from, endpoint });
  }
  if (suspects.length === 0) return [];
  const portals = new Map<string, ServicePort>();
  for (const servicePort of state.servicePorts.values()) {
    portals.set(clusterPortal(servicePort), servicePort);
  }
  return suspects.flatMap(({ from, endpoint }) => {
    const to = portals.get(formatPortal(endpoint.ip, endpoint.port, from.name.protocol));
    return to === undefined ? [] : [{ from, to, endpoint }];
  });
}

function loopMessage(from: ServicePort, to: ServicePort, endpoint: Endpoint): string {
  const address = hostPort(endpoint.ip, endpoint.port);
  return from === to
    ? `endpoint ${address} is this ServicePort's own portal: refused, it would connect to itself without end`
    : `endpoint ${address} is the portal of ${to.key}, which leads back here: refused, it would go round without end`;
}
