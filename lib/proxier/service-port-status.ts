// proxier/service-port-status.ts: PURE. What is known of ServicePorts, put together for people to see: from the snapshot,
// the listeners that are open, what they were given, the plan of the rules, and the problems.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';
import { trafficScopes } from '../model/traffic-scope.js';
import { noEndpoints } from '../model/usable-endpoints.js';
import { type HeldListeners, noListeners } from './held-listener.js';
import type { RulesPlan, ServicePortPlan } from './plan.js';
import { listenerRoles, scopeOf } from './roles.js';
import type { ListenerStatus, PortalStatus, ServicePortStatus, ServiceProblem, WayStatus } from './status.js';

export interface StatusSources {
  readonly snapshot: Snapshot;
  readonly held: HeldListeners;
  readonly endpoints: ReadonlyMap<string, UsableEndpoints>;
  readonly plan: RulesPlan | undefined;
  readonly problems: readonly ServiceProblem[];
}

const noPortals: readonly PortalAddress[] = [];
const noProblems: readonly ServiceProblem[] = [];

export function* servicePortStatuses(sources: StatusSources): Iterable<ServicePortStatus> {
  const problems = new Map<string, ServiceProblem[]>();
  for (const problem of sources.problems) {
    const known = problems.get(problem.subject);
    if (known === undefined) problems.set(problem.subject, [problem]);
    else known.push(problem);
  }
  for (const servicePort of sources.snapshot.servicePorts.values()) {
    const [own, service] = subjectsOf(servicePort).map((subject) => problems.get(subject) ?? noProblems);
    yield statusOf(servicePort, sources, [...(own ?? noProblems), ...(service ?? noProblems)]);
  }
}

export function servicePortStatus(key: string, sources: StatusSources): ServicePortStatus | undefined {
  const servicePort = sources.snapshot.servicePorts.get(key);
  if (servicePort === undefined) return undefined;
  const subjects = subjectsOf(servicePort);
  const problems = sources.problems.filter(({ subject }) => subjects.includes(subject));
  return statusOf(servicePort, sources, problems);
}

function subjectsOf({ key, name }: ServicePort): readonly string[] {
  return [key, `Service ${name.namespace}/${name.name}`];
}

function statusOf(
  servicePort: ServicePort,
  { snapshot, held, endpoints, plan }: StatusSources,
  problems: readonly ServiceProblem[],
): ServicePortStatus {
  const { key } = servicePort;
  const rules = plan?.servicePorts.get(key);
  const listeners = held.get(key) ?? noListeners;
  return {
    servicePort,
    portals: (snapshot.portals.get(key) ?? noPortals).map((address) => portalStatus(address, rules)),
    listeners: listenerRoles.flatMap((role): readonly ListenerStatus[] => {
      const one = listeners[role];
      if (one === undefined) return [];
      const { listener, feed } = one;
      const scope = scopeOf(role, servicePort);
      const claim = role === 'nodePort';
      return [{ scope, claim, port: listener.port, disposition: feed.disposition, listener }];
    }),
    endpoints: endpoints.get(key) ?? noEndpoints,
    problems,
  };
}

function portalStatus(address: PortalAddress, rules: ServicePortPlan | undefined): PortalStatus {
  const portal = rules?.portals.find(({ ip, port, kind }) => {
    return ip === address.ip && port === address.port && kind === address.kind;
  });
  const ways = (portal?.ways ?? []).flatMap(({ from, proxyPort }): readonly WayStatus[] => {
    const scope = trafficScopes.find((one) => rules?.proxyPorts[one]?.port === proxyPort);
    const disposition = scope && rules?.proxyPorts[scope]?.disposition;
    return scope === undefined || disposition === undefined ? [] : [{ from, proxyPort, scope, disposition }];
  });
  return { ...address, ways };
}
