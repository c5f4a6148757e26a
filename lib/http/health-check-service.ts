// http/health-check-service.ts: which Services want an HTTP server on their healthCheckNodePort, and what it answers to
// the load balancer: kube-proxy's words, byte for byte. Pure.
import type { UsableEndpoints } from '../model/endpoint.js';
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';

export interface HealthCheckService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Of all its ports, in both families. */
  readonly keys: readonly string[];
}

/** By `namespace/name`. */
export function healthCheckServices(
  servicePorts: Snapshot['servicePorts'],
): ReadonlyMap<string, HealthCheckService> {
  const services = new Map<string, HealthCheckService>();
  for (const { key, name, healthCheckNodePort: port } of servicePorts.values()) {
    if (port === undefined) continue;
    const service = `${name.namespace}/${name.name}`;
    const known = services.get(service);
    const keys = [...(known?.keys ?? []), key];
    services.set(
      service,
      known ? { ...known, keys } : { namespace: name.namespace, name: name.name, port, keys },
    );
  }
  return services;
}

/**
 * Pods that are ready on this node, by their addresses: a pod counts once, however many of the ports it serves. One that
 * has an address of each family counts once as well.
 */
export function localEndpoints(
  { keys }: Pick<HealthCheckService, 'keys'>,
  { servicePorts, endpoints }: Pick<Snapshot, 'servicePorts' | 'endpoints'>,
): number {
  const usable = keys.flatMap((key): readonly [ServicePort, UsableEndpoints][] => {
    const [servicePort, found] = [servicePorts.get(key), endpoints.get(key)];
    return servicePort === undefined || found === undefined ? [] : [[servicePort, found]];
  });
  const inFamily = (ipFamily: IpFamily): number => {
    const ofFamily = usable.flatMap(([servicePort, one]) =>
      servicePort.ipFamily === ipFamily && one.localReady > 0 ? [one] : [],
    );
    const ips = new Set(ofFamily.flatMap(({ Local }) => Local.map(({ ip }) => ip)));
    // Without a portal for them yet there is no list of them, only their number.
    return Math.max(ips.size, ...ofFamily.map(({ localReady }) => localReady));
  };
  return Math.max(...ipFamilies.map(inFamily));
}

export interface HealthCheckAnswer {
  readonly code: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Weighted load balancers read the header; the body is indented with tabs, as kube-proxy's. */
export function healthCheckAnswer(
  { namespace, name }: Pick<HealthCheckService, 'namespace' | 'name'>,
  endpoints: number,
  isProxyHealthy: boolean,
): HealthCheckAnswer {
  const body = {
    service: { namespace, name },
    localEndpoints: endpoints,
    serviceProxyHealthy: isProxyHealthy,
  };
  return {
    code: endpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(endpoints),
    },
    body: JSON.stringify(body, undefined, '\t'),
  };
}
