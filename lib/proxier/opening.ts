// proxier/opening.ts: which listeners are to be opened in this pass, on which ports, and which ports nobody gets.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { IpFamily } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';
import { noEndpoints } from '../model/usable-endpoints.js';
import type { Claims } from './claims.js';
import { feedOf } from './feeds.js';
import type { HeldListener, HeldListeners } from './held-listener.js';
import { type OpenRequest, poolOf } from './listener-opener.js';
import type { ListenerSet } from './listener-set.js';
import type { PortSet } from './port-allocator.js';
import { reservedPorts } from './reserved-ports.js';
import { claimedPort, type ListenerRole, listenerRoles, wantedRoles } from './roles.js';
import type { PortOfScope, StandingPorts } from './standing-ports.js';

export interface OpeningSources {
  readonly snapshot: Snapshot;
  readonly endpoints: ReadonlyMap<string, UsableEndpoints>;
  readonly listeners: ListenerSet;
  readonly claims: Claims;
  readonly replyAddresses: Readonly<Record<IpFamily, readonly string[]>>;
  /** Undefined once our own rules have replaced those. */
  readonly standing: StandingPorts | undefined;
}

export interface Opening {
  readonly requests: readonly OpenRequest[];
  readonly reserved: PortSet;
  /** Claims wait for another listener of ours to leave their port, or for standing rules not to lead there any more. */
  readonly isWaiting: boolean;
}

const noPortals: readonly PortalAddress[] = [];
const noPorts: PortOfScope = {};
const noRoles: readonly ListenerRole[] = [];

export function planOpening(sources: OpeningSources): Opening {
  const { snapshot, listeners, claims, standing } = sources;
  const requests: OpenRequest[] = [];
  let isWaiting = false;
  const spokenFor = reservedPorts(snapshot.servicePorts);
  for (const servicePort of snapshot.servicePorts.values()) {
    const { key } = servicePort;
    const addresses = snapshot.portals.get(key) ?? noPortals;
    const held = listeners.held.get(key);
    let preferred: PortOfScope | undefined;
    for (const role of wantedRoles(servicePort, addresses)) {
      const current = held?.[role];
      if (role === 'nodePort') {
        const port = claimedPort(servicePort, addresses);
        if (port === undefined) continue;
        const state = claimState(servicePort, port, current, sources);
        if (state === 'held' || state === 'ours') claims.over(key);
        if (state === 'ours') isWaiting = true;
        if (state === 'due') request(requests, sources, servicePort, role, port);
      } else if (current === undefined) {
        preferred ??= standing?.portsOf(servicePort, addresses) ?? noPorts;
        request(requests, sources, servicePort, role, preferred[role]);
      } else if (isSpokenFor(spokenFor, current)) {
        // It makes room: another one on another port takes its place.
        request(requests, sources, servicePort, role, undefined);
      }
    }
  }
  const ofNobody = standing?.portsOfNobody(snapshot) ?? [];
  const reserved = ofNobody.length === 0 ? spokenFor : reservedPorts(snapshot.servicePorts, ofNobody);
  return { requests, reserved, isWaiting };
}

/** Listeners that no portal of the snapshot needs any more. */
export function goneListeners(
  held: HeldListeners,
  { servicePorts, portals }: Pick<Snapshot, 'servicePorts' | 'portals'>,
): readonly HeldListener[] {
  const gone: HeldListener[] = [];
  for (const [key, listeners] of held) {
    const servicePort = servicePorts.get(key);
    const addresses = portals.get(key) ?? noPortals;
    const roles = servicePort === undefined ? noRoles : wantedRoles(servicePort, addresses);
    for (const role of listenerRoles) {
      const one = listeners[role];
      if (one === undefined) continue;
      const isNeeded =
        roles.includes(role) &&
        (role !== 'nodePort' || claimedPort(one.servicePort, addresses) === one.listener.port);
      if (!isNeeded) gone.push(one);
    }
  }
  return gone;
}

/** `ours`: whoever is on that port is one of us, and will leave it. `failed`: not yet due again. */
type ClaimState = 'held' | 'ours' | 'due' | 'failed';

function claimState(
  servicePort: ServicePort,
  port: number,
  current: HeldListener | undefined,
  { listeners, claims, standing }: OpeningSources,
): ClaimState {
  if (current?.listener.port === port) return 'held';
  const pool = poolOf(servicePort);
  if (listeners.onPort(pool, port) !== undefined || standing?.leadTo(pool, port)) return 'ours';
  return claims.isDue(servicePort.key, port) ? 'due' : 'failed';
}

function isSpokenFor(ports: PortSet, { servicePort, listener }: HeldListener): boolean {
  return ports.size > 0 && ports.get(poolOf(servicePort))?.has(listener.port) === true;
}

function request(
  requests: OpenRequest[],
  { endpoints, replyAddresses }: OpeningSources,
  servicePort: ServicePort,
  role: ListenerRole,
  preferredPort: number | undefined,
): void {
  const usable = endpoints.get(servicePort.key) ?? noEndpoints;
  const feed = feedOf(role, servicePort, usable, replyAddresses[servicePort.ipFamily]);
  if (feed !== undefined) requests.push({ servicePort, role, feed, preferredPort });
}
