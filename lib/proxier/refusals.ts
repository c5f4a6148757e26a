// proxier/refusals.ts: endpoints that would lead a connection back to this proxy, found before they are used. One client
// of a Service that is its own endpoint would otherwise eat every descriptor within seconds.
import type { Endpoint, UsableEndpoints } from '../model/endpoint.js';
import { hostPort, type IpFamily } from '../model/ip.js';
import { endpointsOnProxyPorts, selfLoops } from '../model/self-loops.js';
import { sameLists } from '../model/slice-record.js';
import type { Snapshot } from '../model/snapshot.js';
import { usesScope } from '../model/traffic-scope.js';
import type { HeldListener } from './held-listener.js';
import type { ServiceProblem } from './status.js';
import { suspectFinder } from './suspects.js';

export interface CheckedEndpoints {
  /** By ServicePort key; the snapshot's own where nothing was refused. No entry: none. */
  readonly endpoints: ReadonlyMap<string, UsableEndpoints>;
  readonly problems: readonly ServiceProblem[];
}

export interface EndpointChecker {
  /**
   * To be asked again after listeners have opened: a new proxy port may be what some endpoint is about to hit.
   * @param blocked ServicePorts whose nodePort is another process's, and may well be an endpoint of theirs
   */
  check(
    snapshot: Snapshot,
    listeners: Iterable<HeldListener>,
    localAddresses: ReadonlySet<string>,
    blocked: ReadonlySet<string>,
  ): CheckedEndpoints;
}

export function endpointChecker(): EndpointChecker {
  const suspects = suspectFinder();
  let previous: CheckedEndpoints | undefined;
  return {
    check(snapshot, listeners, localAddresses, blocked) {
      const found = suspects.find(snapshot, localAddresses);
      const inForce = { ...snapshot, portals: withoutBlocked(snapshot.portals, blocked) };
      const refused = refusedAmong(found, inForce, listeners, localAddresses);
      previous = withoutRefused(snapshot, refused, previous);
      return previous;
    },
  };
}

type Refused = ReadonlyMap<string, ReadonlyMap<Endpoint, string>>;

function refusedAmong(
  suspects: ReadonlyMap<string, readonly Endpoint[]>,
  { servicePorts, portals }: Snapshot,
  listeners: Iterable<HeldListener>,
  localAddresses: ReadonlySet<string>,
): Refused {
  const refused = new Map<string, Map<Endpoint, string>>();
  if (suspects.size === 0) return refused;
  const refuse = (key: string, endpoint: Endpoint, message: string): void => {
    const ofKey = refused.get(key) ?? new Map<Endpoint, string>();
    refused.set(key, ofKey.set(endpoint, message));
  };
  const loops = selfLoops({ servicePorts, portals, endpoints: suspects }, localAddresses);
  for (const { key, endpoint, message } of loops) refuse(key, endpoint, message);
  const proxyPorts: Record<IpFamily, Set<string>> = { IPv4: new Set(), IPv6: new Set() };
  for (const { listener, role } of listeners) {
    // A nodePort is a portal: whether it leads back here was asked above.
    if (role === 'nodePort') continue;
    const { servicePortName, ipFamily } = listener.spec;
    proxyPorts[ipFamily].add(`${servicePortName.protocol}/${listener.port}`);
  }
  for (const [key, endpoints] of suspects) {
    const servicePort = servicePorts.get(key);
    if (!servicePort) continue;
    const { protocol } = servicePort.name;
    const ports = proxyPorts[servicePort.ipFamily];
    for (const endpoint of endpointsOnProxyPorts(endpoints, protocol, localAddresses, ports)) {
      const address = hostPort(endpoint.ip, endpoint.port);
      refuse(
        key,
        endpoint,
        `endpoint ${address} is a proxy port of this host: refused, it would connect to itself`,
      );
    }
  }
  return refused;
}

function withoutRefused(
  snapshot: Snapshot,
  refused: Refused,
  previous: CheckedEndpoints | undefined,
): CheckedEndpoints {
  if (refused.size === 0) return { endpoints: snapshot.endpoints, problems: [] };

  const endpoints = new Map(snapshot.endpoints);
  const problems: ServiceProblem[] = [];
  for (const [key, ofKey] of refused) {
    const servicePort = snapshot.servicePorts.get(key);
    const usable = endpoints.get(key);
    if (servicePort !== undefined && usable !== undefined) {
      const left = without(usable, ofKey, previous?.endpoints.get(key));
      // Those elsewhere are known where the Cluster scope is used, and else taken on trust.
      const hasAny = usesScope(servicePort, 'Cluster')
        ? left.Cluster.length + left.Local.length > 0
        : usable.hasAny;
      endpoints.set(key, keepSame({ ...usable, ...left, hasAny }, previous?.endpoints.get(key)));
    }
    for (const message of ofKey.values()) {
      problems.push({ subject: key, message, kind: 'endpoint-refused' });
    }
  }
  return { endpoints, problems };
}

function without(
  usable: UsableEndpoints,
  refused: ReadonlyMap<Endpoint, string>,
  before: UsableEndpoints | undefined,
): Pick<UsableEndpoints, 'Cluster' | 'Local'> {
  const left = (scope: 'Cluster' | 'Local'): readonly Endpoint[] => {
    const list = usable[scope].filter((endpoint) => !refused.has(endpoint));
    return before !== undefined && sameLists(before[scope], list, Object.is) ? before[scope] : list;
  };
  return { Cluster: left('Cluster'), Local: left('Local') };
}

function keepSame(now: UsableEndpoints, before: UsableEndpoints | undefined): UsableEndpoints {
  const isSame =
    before?.Cluster === now.Cluster &&
    before.Local === now.Local &&
    before.resting === now.resting &&
    before.hasAny === now.hasAny &&
    before.localReady === now.localReady;
  return isSame ? before : now;
}

function withoutBlocked(portals: Snapshot['portals'], blocked: ReadonlySet<string>): Snapshot['portals'] {
  if (blocked.size === 0) return portals;
  const inForce = new Map(portals);
  for (const key of blocked) {
    const addresses = inForce.get(key);
    if (addresses !== undefined)
      inForce.set(
        key,
        addresses.filter(({ kind }) => kind !== 'nodePort'),
      );
  }
  return inForce;
}
