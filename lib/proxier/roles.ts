// proxier/roles.ts: PURE. Which listeners a ServicePort needs, and which of them each of its portals leads to, by who
// sends. The traffic policies decide, as in kube-proxy: with externalTrafficPolicy Local, pods and this host reach
// external addresses as they reach the whole cluster (the short circuit).
import type { PortalAddress, PortalKind } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import { type TrafficScope, trafficScopes } from '../model/traffic-scope.js';
import type { PortalWay } from './rule-applier.js';

/** What a listener is for: one of the scopes, or holding the nodePort (a claim). */
export type ListenerRole = TrafficScope | 'nodePort';

/** The order in which a ServicePort's listeners are shown. */
export const listenerRoles: readonly ListenerRole[] = [...trafficScopes, 'nodePort'];

/** As PortalWay, before there are ports. */
export interface WantedWay {
  readonly from: PortalWay['from'];
  readonly scope: TrafficScope;
}

type Policies = Pick<ServicePort, 'internalPolicy' | 'externalPolicy'>;

const allTo: Readonly<Record<TrafficScope, readonly WantedWay[]>> = {
  Cluster: [{ from: 'everybody', scope: 'Cluster' }],
  Local: [{ from: 'everybody', scope: 'Local' }],
};

const shortCircuit: readonly WantedWay[] = [
  { from: 'cluster', scope: 'Cluster' },
  { from: 'everybody', scope: 'Local' },
];

export function wantedWays(
  kind: PortalKind,
  { internalPolicy, externalPolicy }: Policies,
): readonly WantedWay[] {
  if (kind === 'clusterIP') return allTo[internalPolicy];
  return externalPolicy === 'Local' ? shortCircuit : allTo.Cluster;
}

const alone: Readonly<Record<TrafficScope, readonly ListenerRole[]>> = {
  Cluster: ['Cluster'],
  Local: ['Local'],
};

/** @param portals those that it really has, its clusterIP first */
export function wantedRoles(
  servicePort: Policies & Pick<ServicePort, 'name'>,
  portals: readonly PortalAddress[],
): readonly ListenerRole[] {
  // Nearly all: the same array for each of them.
  if (portals.length === 1) return alone[servicePort.internalPolicy];
  const scopes = new Set<ListenerRole>();
  for (const { kind } of portals) for (const { scope } of wantedWays(kind, servicePort)) scopes.add(scope);
  return listenerRoles.filter(
    (role) => scopes.has(role) || (role === 'nodePort' && canClaim(servicePort, portals)),
  );
}

/** Whose endpoints a listener is given. */
export function scopeOf(role: ListenerRole, { externalPolicy }: Policies): TrafficScope {
  return role === 'nodePort' ? externalPolicy : role;
}

/** The nodePort to hold. Undefined: there is none, or nothing to hold it with: no listener of SCTP is ever a claim. */
export function claimedPort(
  { name }: Pick<ServicePort, 'name'>,
  portals: readonly PortalAddress[],
): number | undefined {
  if (name.protocol === 'SCTP') return undefined;
  return portals.find(({ kind }) => kind === 'nodePort')?.port;
}

function canClaim(servicePort: Pick<ServicePort, 'name'>, portals: readonly PortalAddress[]): boolean {
  return claimedPort(servicePort, portals) !== undefined;
}

/** Of a listener among all; the ServicePort's own for its Cluster listener. */
export function listenerKey(servicePortKey: string, role: ListenerRole): string {
  return role === 'Cluster' ? servicePortKey : `${servicePortKey} ${role}`;
}
