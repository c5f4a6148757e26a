// proxier/feeds.ts: PURE. What a listener is told of its ServicePort, and what becomes of clients that come to it.
import type { DrainPolicy } from '../model/drain-policy.js';
import type { UsableEndpoints } from '../model/endpoint.js';
import type { ServicePort } from '../model/service-port.js';
import { type TrafficScope, usesScope } from '../model/traffic-scope.js';
import type { ListenerConfig } from './data-plane.js';
import { type ListenerRole, scopeOf } from './roles.js';
import type { Disposition } from './rule-applier.js';

const leave: DrainPolicy = { kind: 'leave' };
const noAddresses: readonly string[] = [];

/** What a listener depends on. */
export interface Feed {
  readonly config: ListenerConfig;
  /** What becomes of clients that rules lead to the listener. */
  readonly disposition: Disposition;
}

/**
 * @param previous comes back, or its config does, where it says the same
 * @returns undefined: no portal leads to such a listener any more. It is about to be closed, and until the rules have
 * changed it goes on with the endpoints it had
 */
export function feedOf(
  role: ListenerRole,
  servicePort: ServicePort,
  endpoints: UsableEndpoints,
  replyAddresses: readonly string[],
  previous?: Feed,
): Feed | undefined {
  const isUsed = role === 'nodePort' ? servicePort.nodePort !== undefined : usesScope(servicePort, role);
  if (!isUsed) return undefined;
  const scope = scopeOf(role, servicePort);
  // No rule leads to a claim, hence none by DNAT.
  const addresses = role === 'nodePort' ? noAddresses : replyAddresses;
  const config = configOf(servicePort, endpoints, scope, addresses, previous?.config);
  const disposition = dispositionOf(scope, endpoints);
  const isSame = previous?.config === config && previous.disposition === disposition;
  return isSame ? previous : { config, disposition };
}

function configOf(
  servicePort: ServicePort,
  endpoints: UsableEndpoints,
  scope: TrafficScope,
  replyAddresses: readonly string[],
  previous: ListenerConfig | undefined,
): ListenerConfig {
  const { affinityTimeoutSeconds, drain = leave } = servicePort;
  const affinityTimeoutMs = affinityTimeoutSeconds === undefined ? undefined : affinityTimeoutSeconds * 1000;
  const isSame =
    previous !== undefined &&
    previous.endpoints === endpoints[scope] &&
    previous.resting === endpoints.resting &&
    previous.replyAddresses === replyAddresses &&
    previous.affinityTimeoutMs === affinityTimeoutMs &&
    sameDrain(previous.drain, drain);
  if (isSame) return previous;
  return {
    endpoints: endpoints[scope],
    resting: endpoints.resting,
    replyAddresses,
    drain,
    ...(affinityTimeoutMs !== undefined && { affinityTimeoutMs }),
  };
}

/**
 * Refused where nobody could serve. Dropped where others could, elsewhere: a client that is told so (by a load balancer,
 * say) may go on to another node, one that is refused would believe the Service to be down.
 */
export function dispositionOf(scope: TrafficScope, endpoints: UsableEndpoints): Disposition {
  if (endpoints[scope].length > 0) return 'serve';
  return scope === 'Local' && endpoints.hasAny ? 'drop' : 'refuse';
}

function sameDrain(a: DrainPolicy, b: DrainPolicy): boolean {
  if (a.kind === 'leave' || b.kind === 'leave') return a.kind === b.kind;
  return a.afterMs === b.afterMs;
}
