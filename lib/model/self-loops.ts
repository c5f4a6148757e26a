// model/self-loops.ts: endpoints that lead back into this proxy. One client of such an endpoint makes the proxy connect
// to itself without end and eats every descriptor within seconds, so the proxier leaves them out.
import type { Endpoint, EndpointAddress } from './endpoint.js';
import { hostPort, type IpFamily } from './ip.js';
import { formatPortal } from './portal-name.js';
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

export interface LoopSuspects extends Pick<Snapshot, 'servicePorts' | 'portals'> {
  /** By ServicePort key, whatever may be dialled for it; those that can be no portal's address may be left out. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
}

interface Edge {
  readonly from: ServicePort;
  readonly to: ServicePort;
  readonly endpoint: Endpoint;
}

/**
 * Endpoints that are a portal of any kind and lead, over one or more Services, back to the Service they belong to: each
 * edge of such a cycle is refused. An endpoint that is another Service's portal and does not come back is fine (a Service
 * in front of a Service). NodePorts are taken to be on all of `localAddresses` (see isLocalAddress), also where they are
 * not offered: their claims listen there. Cheap where no endpoint has a portal's address: a Set lookup for each.
 */
export function selfLoops(
  suspects: LoopSuspects,
  localAddresses: ReadonlySet<string>,
): readonly RefusedEndpoint[] {
  const edges = portalEdges(suspects, localAddresses);
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
 * Endpoints that are one of this host's own proxy ports. `proxyPorts` holds `TCP/40001`; local addresses are those of
 * isLocalAddress().
 */
export function endpointsOnProxyPorts<E extends EndpointAddress>(
  endpoints: readonly E[],
  protocol: Protocol,
  localAddresses: ReadonlySet<string>,
  proxyPorts: ReadonlySet<string>,
): readonly E[] {
  return endpoints.filter(
    ({ ip, port }) => isLocalAddress(ip, localAddresses) && proxyPorts.has(`${protocol}/${port}`),
  );
}

/** `localAddresses` are canonical; 127.0.0.0/8 and ::1 count as local whether listed or not. */
export function isLocalAddress(ip: string, localAddresses: ReadonlySet<string>): boolean {
  return ip.startsWith('127.') || ip === '::1' || localAddresses.has(ip);
}

function portalEdges(
  { servicePorts, portals, endpoints }: LoopSuspects,
  localAddresses: ReadonlySet<string>,
): readonly Edge[] {
  if (endpoints.size === 0) return [];
  const addresses = new Set<string>();
  let hasNodePorts = false;
  for (const ofServicePort of portals.values()) {
    for (const { kind, ip } of ofServicePort) {
      if (kind === 'nodePort') hasNodePorts = true;
      else addresses.add(ip);
    }
  }
  const found: Omit<Edge, 'to'>[] = [];
  for (const [key, list] of endpoints) {
    const from = servicePorts.get(key);
    if (from === undefined) continue;
    for (const endpoint of list) {
      const { ip } = endpoint;
      if (addresses.has(ip) || (hasNodePorts && isLocalAddress(ip, localAddresses)))
        found.push({ from, endpoint });
    }
  }
  if (found.length === 0) return [];
  const owners = ownersOf({ servicePorts, portals });
  return found.flatMap(({ from, endpoint: { ip, port }, endpoint }) => {
    const { ipFamily, name } = from;
    const to =
      owners.get(formatPortal(ip, port, name.protocol)) ??
      (isLocalAddress(ip, localAddresses)
        ? owners.get(nodePortKey(port, name.protocol, ipFamily))
        : undefined);
    return to === undefined ? [] : [{ from, to, endpoint }];
  });
}

/** Who serves each portal, by formatPortal() or nodePortKey(). */
function ownersOf({
  servicePorts,
  portals,
}: Pick<Snapshot, 'servicePorts' | 'portals'>): ReadonlyMap<string, ServicePort> {
  const owners = new Map<string, ServicePort>();
  for (const [key, ofServicePort] of portals) {
    const owner = servicePorts.get(key);
    if (owner === undefined) continue;
    const { protocol } = owner.name;
    for (const { kind, ip, port } of ofServicePort) {
      const isNodePort = kind === 'nodePort';
      owners.set(
        isNodePort ? nodePortKey(port, protocol, owner.ipFamily) : formatPortal(ip, port, protocol),
        owner,
      );
    }
  }
  return owners;
}

function nodePortKey(port: number, protocol: Protocol, ipFamily: IpFamily): string {
  return `${ipFamily} ${port}/${protocol}`;
}

function loopMessage(from: ServicePort, to: ServicePort, endpoint: Endpoint): string {
  const address = hostPort(endpoint.ip, endpoint.port);
  return from === to
    ? `endpoint ${address} is this ServicePort's own portal: refused, it would connect to itself without end`
    : `endpoint ${address} is the portal of ${to.key}, which leads back here: refused, it would go round without end`;
}
