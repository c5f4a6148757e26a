// model/portal-conflicts.ts: who serves a portal that several ServicePorts claim. Only one can: the kernel would give all
// its traffic to whichever rule comes first. Incremental: costs what changed.
import type { PortalAddress, PortalKind } from './portal-address.js';
import { formatPortalAddress, portalsOf } from './portals-of.js';
import type { ServicePort } from './service-port.js';
import { formatServicePortName } from './service-port-name.js';
import type { ModelProblem } from './snapshot.js';

/** What became of the portals of one ServicePort. */
export interface SettledPortals {
  readonly servicePort: ServicePort;
  /** The clusterIP first. Empty: the clusterIP is another's, and the ServicePort is not served at all. */
  readonly portals: readonly PortalAddress[];
  /** One for each portal that is another's. */
  readonly problems: readonly ModelProblem[];
}

export interface PortalClaims {
  /** The very object that is released later. */
  claim(servicePort: ServicePort): void;
  release(servicePort: ServicePort): void;
  /** All present claimants of the portals that may have changed hands since the last call, each once. */
  takeTouched(): readonly SettledPortals[];
}

interface Claim {
  readonly servicePort: ServicePort;
  readonly kind: PortalKind;
}

export function createPortalClaims(): PortalClaims {
  /** By formatPortalAddress(), in the order of byClaim(). */
  const claims = new Map<string, readonly Claim[]>();
  const touched = new Set<string>();

  /** All portals of a ServicePort depend on whether its clusterIP is its own. */
  function touchDependents(): void {
    for (const portal of [...touched]) {
      for (const { servicePort, kind } of claims.get(portal) ?? []) {
        if (kind !== 'clusterIP') continue;
        for (const other of portalsOf(servicePort)) touched.add(formatPortalAddress(other, servicePort));
      }
    }
  }

  function isServed(servicePort: ServicePort): boolean {
    const { clusterIP: ip, port } = servicePort;
    const portal = formatPortalAddress({ kind: 'clusterIP', ip, port }, servicePort);
    return claims.get(portal)?.[0]?.servicePort === servicePort;
  }

  function winnerOf(portal: string): ServicePort | undefined {
    const claimants = claims.get(portal) ?? [];
    if (claimants.length === 1 || claimants[0]?.kind === 'clusterIP') return claimants[0]?.servicePort;
    return claimants.find(({ servicePort }) => isServed(servicePort))?.servicePort;
  }

  function settle(servicePort: ServicePort): SettledPortals {
    const portals: PortalAddress[] = [];
    const problems: ModelProblem[] = [];
    for (const portal of portalsOf(servicePort)) {
      const winner = winnerOf(formatPortalAddress(portal, servicePort));
      if (winner === servicePort) portals.push(portal);
      else if (winner !== undefined) problems.push(conflictProblem(servicePort, winner, portal));
      if (portals.length === 0) break;
    }
    return { servicePort, portals: portals.slice(), problems };
  }

  return {
    claim(servicePort) {
      for (const portal of portalsOf(servicePort)) {
        const key = formatPortalAddress(portal, servicePort);
        const claimants = claims.get(key) ?? [];
        const claim = { servicePort, kind: portal.kind };
        claims.set(key, claimants.length === 0 ? [claim] : [...claimants, claim].sort(byClaim));
        touched.add(key);
      }
    },
    release(servicePort) {
      for (const portal of portalsOf(servicePort)) {
        const key = formatPortalAddress(portal, servicePort);
        const left = (claims.get(key) ?? []).filter((claim) => claim.servicePort !== servicePort);
        if (left.length > 0) claims.set(key, left);
        else claims.delete(key);
        touched.add(key);
      }
    },
    takeTouched() {
      touchDependents();
      const claimants = new Set<ServicePort>();
      for (const portal of touched) {
        for (const { servicePort } of claims.get(portal) ?? []) claimants.add(servicePort);
      }
      touched.clear();
      return [...claimants].map(settle);
    },
  };
}

const fields: Readonly<Record<PortalKind, string>> = {
  clusterIP: 'spec.clusterIP',
  externalIP: 'spec.externalIPs',
  loadBalancer: 'status.loadBalancer.ingress',
  nodePort: 'spec.ports[].nodePort',
};

/** What is wrong with a ServicePort that claims a portal which `winner` serves. */
function conflictProblem(loser: ServicePort, winner: ServicePort, portal: PortalAddress): ModelProblem {
  const { namespace, name } = loser.name;
  const address = formatPortalAddress(portal, loser);
  const lost = portal.kind === 'clusterIP' ? 'is not served' : 'is not served there';
  return {
    object: `Service ${namespace}/${name}`,
    field: fields[portal.kind],
    message: `${address} belongs to ${formatServicePortName(winner.name)}: ${formatServicePortName(loser.name)} ${lost}`,
  };
}

/**
 * A clusterIP first, whatever its age: the API server vouches for those alone, and anybody may write the others down,
 * before the clusterIP is given out as well (CVE-2020-8554). Then the older one, then by namespace, name and key.
 * Without a timestamp it is last: it was written by hand, and nothing proves that it was there before the one whose age
 * an API server vouches for.
 */
function byClaim(one: Claim, other: Claim): number {
  if ((one.kind === 'clusterIP') !== (other.kind === 'clusterIP')) return one.kind === 'clusterIP' ? -1 : 1;
  const [a, b] = [one.servicePort, other.servicePort];
  const [ageA, ageB] = [createdMs(a), createdMs(b)];
  if (ageA !== ageB) return ageA < ageB ? -1 : 1;
  return (
    compare(a.name.namespace, b.name.namespace) || compare(a.name.name, b.name.name) || compare(a.key, b.key)
  );
}

function createdMs({ creationTimestamp }: ServicePort): number {
  const timeMs = creationTimestamp === undefined ? Number.NaN : Date.parse(creationTimestamp);
  return Number.isNaN(timeMs) ? Number.POSITIVE_INFINITY : timeMs;
}

/** By code unit, not by locale: the same on every node. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
