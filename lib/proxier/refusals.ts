// proxier/refusals.ts: endpoints that would lead a connection back to this proxy, found before they are used. One client
// of a Service that is its own endpoint would otherwise eat every descriptor within seconds.
import type { Endpoint } from '../model/endpoint.js';
import { hostPort, type IpFamily } from '../model/ip.js';
import { endpointsOnProxyPorts, selfLoops } from '../model/self-loops.js';
import type { Snapshot } from '../model/snapshot.js';
import type { HeldListener } from './listener-set.js';
import type { ServiceProblem } from './status.js';
import { suspectFinder } from './suspects.js';

export interface CheckedEndpoints {
  /** By ServicePort key; the snapshot's own array where nothing was refused. No entry: none usable. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly problems: readonly ServiceProblem[];
}

export interface EndpointChecker {
  /** To be asked again after listeners have opened: a new proxy port may be what some endpoint is about to hit. */
  check(
    snapshot: Snapshot,
    held: ReadonlyMap<string, HeldListener>,
    localAddresses: ReadonlySet<string>,
  ): CheckedEndpoints;
}

export function endpointChecker(): EndpointChecker {
  const suspects = suspectFinder();
  let previous: CheckedEndpoints | undefined;
  return {
    check(snapshot, held, localAddresses) {
      const refused = refusedAmong(suspects.find(snapshot, localAddresses), snapshot, held, localAddresses);
      previous = withoutRefused(snapshot, refused, previous);
      return previous;
    },
  };
}

type Refused = ReadonlyMap<string, ReadonlyMap<Endpoint, string>>;

function refusedAmong(
  suspects: ReadonlyMap<string, readonly Endpoint[]>,
  { servicePorts }: Snapshot,
  held: ReadonlyMap<string, HeldListener>,
  localAddresses: ReadonlySet<string>,
): Refused {
  const refused = new Map<string, Map<Endpoint, string>>();
  if (suspects.size === 0) return refused;
  const refuse = (key: string, endpoint: Endpoint, message: string): void => {
    const ofKey = refused.get(key) ?? new Map<Endpoint, string>();
    refused.set(key, ofKey.set(endpoint, message));
  };
  for (const { key, endpoint, message } of selfLoops({ servicePorts, endpoints: suspects })) {
    refuse(key, endpoint, message);
  }
  const proxyPorts: Record<IpFamily, Set<string>> = { IPv4: new Set(), IPv6: new Set() };
  for (const { listener } of held.values()) {
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
    const left = (snapshot.endpoints.get(key) ?? []).filter((endpoint) => !ofKey.has(endpoint));
    const before = previous?.endpoints.get(key);
    const unchanged = before?.length === left.length && left.every((endpoint, at) => endpoint === before[at]);
    if (left.length === 0) endpoints.delete(key);
    else endpoints.set(key, unchanged ? before : left);
    for (const message of ofKey.values()) problems.push({ subject: key, message });
  }
  return { endpoints, problems };
}
