// model/no-local-endpoints.ts: Services whose traffic is dropped on this node because a policy is Local and their
// endpoints are elsewhere, as kube-proxy counts them (sync_proxy_rules_no_local_endpoints_total).
import type { IpFamily } from './ip.js';
import type { Snapshot } from './snapshot.js';
import { isExternallyAccessible } from './traffic-scope.js';

export interface NoLocalEndpoints {
  /** Services, not ports, with internalTrafficPolicy Local. */
  readonly internal: number;
  /** With externalTrafficPolicy Local, where they have a portal for it. */
  readonly external: number;
}

/** Those without any endpoint anywhere do not count: they are refused under either policy. */
export function countNoLocalEndpoints(
  { servicePorts, endpoints }: Pick<Snapshot, 'servicePorts' | 'endpoints'>,
  ipFamily: IpFamily,
): NoLocalEndpoints {
  const internal = new Set<string>();
  const external = new Set<string>();
  for (const [key, { hasAny, Local }] of endpoints) {
    const servicePort = servicePorts.get(key);
    if (servicePort?.ipFamily !== ipFamily || !hasAny || Local.length > 0) continue;
    const { name, internalPolicy, externalPolicy } = servicePort;
    const service = `${name.namespace}/${name.name}`;
    if (internalPolicy === 'Local') internal.add(service);
    if (externalPolicy === 'Local' && isExternallyAccessible(servicePort)) external.add(service);
  }
  return { internal: internal.size, external: external.size };
}
