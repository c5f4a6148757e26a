// Listeners as the proxier holds them, for tests of what is made from them.
import type { UsableEndpoints } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { feedOf } from '../../lib/proxier/feeds.js';
import type { HeldListener, ListenersOfServicePort } from '../../lib/proxier/held-listener.js';
import { type ListenerRole, listenerKey, scopeOf } from '../../lib/proxier/roles.js';

/** `held(web, { Cluster: 40_000, nodePort: 30_080 })`: open on these ports. */
export function held(
  servicePort: ServicePort,
  ports: Partial<Record<ListenerRole, number>>,
  usable: UsableEndpoints = noEndpoints,
): ListenersOfServicePort {
  const of = (role: ListenerRole): HeldListener | undefined => {
    const port = ports[role];
    return port === undefined ? undefined : heldListener(servicePort, role, port, usable);
  };
  return { Cluster: of('Cluster'), Local: of('Local'), nodePort: of('nodePort') };
}

export function heldListener(
  servicePort: ServicePort,
  role: ListenerRole,
  port: number,
  usable: UsableEndpoints = noEndpoints,
): HeldListener {
  const { key, name, ipFamily } = servicePort;
  const feed = feedOf(role, servicePort, usable, []);
  if (feed === undefined) throw new Error(`${key} needs no ${role} listener`);
  return {
    servicePort,
    role,
    feed,
    listener: {
      spec: {
        key: listenerKey(key, role),
        servicePortName: name,
        ipFamily,
        scope: scopeOf(role, servicePort),
        ...(role === 'nodePort' && { claim: true }),
      },
      port,
      update: () => {},
      close: async () => {},
      counters: () => {
        throw new Error('nobody reads counters here');
      },
    },
  };
}

/** Ready endpoints: of the whole cluster, and of this node. */
export function usableOf(cluster: readonly string[], local: readonly string[] = []): UsableEndpoints {
  const endpoint = (ip: string) => ({ ip, port: 8080, ready: true, serving: true, terminating: false });
  return {
    Cluster: cluster.map(endpoint),
    Local: local.map(endpoint),
    hasAny: cluster.length + local.length > 0,
    resting: [],
    localReady: local.length,
  };
}
