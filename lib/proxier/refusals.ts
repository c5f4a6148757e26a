// proxier/refusals.ts: endpoints that would lead a connection back to this proxy, found before they are used. One client
// of a Service that is its own endpoint would otherwise eat every descriptor within seconds.
import type { Endpoint } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';
import { endpointsOnProxyPorts, selfLoops } from '../model/self-loops.js';
import type { Snapshot } from '../model/snapshot.js';
import type { HeldListener } from './listener-set.js';
import type { ServiceProblem } from './status.js';

export interface CheckedEndpoints {
  /** By ServicePort key; the snapshot's own array where nothing was refused. No entry: none usable. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly problems: readonly ServiceProblem[];
}

/** Every endpoint is looked at, with a Set lookup each: 100,000 take a few milliseconds. */
export function checkEndpoints(
  snapshot: Snapshot,
  held: ReadonlyMap<string, HeldListener>,
  localAddresses: ReadonlySet<string>,
  previous: CheckedEndpoints | undefined,
): CheckedEndpoints {
  const refused = new Map<string, Map<Endpoint, string>>();
  const refuse = (key: string, endpoint: Endpoint, message: string): void => {
    const ofKey = refused.get(key) ?? new Map<Endpoint, string>();
    refused.set(key, ofKey.set(endpoint, message));
  };
  for (const { key, endpoint, message } of selfLoops(snapshot)) refuse(key, endpoint, message);
  const proxyPorts = new Set<string>();
  for (const { listener } of held.values()) {
    proxyPorts.add(`${listener.spec.servicePortName.protocol}/${listener.port}`);
  }
  for (const [key, endpoints] of snapshot.endpoints) {
    const protocol = snapshot.servicePorts.get(key)?.name.protocol;
    if (!protocol) continue;
    for (const endpoint of endpointsOnProxyPorts(endpoints, protocol, localAddresses, proxyPorts)) {
      const address = hostPort(endpoint.ip, endpoint.port);
      refuse(
        key,
        endpoint,
        `endpoint ${address} is a proxy port of this host: refused, it would connect to itself`,
      );
    }
  }
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
