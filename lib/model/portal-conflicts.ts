// model/portal-conflicts.ts: who serves a portal (clusterIP, port, protocol) that several ServicePorts claim. Only one
// can: the kernel would give all its traffic to whichever rule comes first. Incremental: costs what changed.
import { clusterPortal } from './portal-name.js';
import type { ServicePort } from './service-port.js';
import { formatServicePortName } from './service-port-name.js';
import type { ModelProblem } from './snapshot.js';

export interface PortalClaims {
  /** The very object that is released later. */
  claim(servicePort: ServicePort): void;
  release(servicePort: ServicePort): void;
  /** Claimants of each portal that was claimed or released since the last call, the one that serves it first. */
  takeTouched(): readonly (readonly ServicePort[])[];
}

export function createPortalClaims(): PortalClaims {
  const claims = new Map<string, ServicePort[]>();
  const touched = new Set<string>();
  return {
    claim(servicePort) {
      const portal = clusterPortal(servicePort);
      const claimants = claims.get(portal);
      if (claimants === undefined) claims.set(portal, [servicePort]);
      else claimants.push(servicePort);
      touched.add(portal);
    },
    release(servicePort) {
      const portal = clusterPortal(servicePort);
      const left = (claims.get(portal) ?? []).filter((claimant) => claimant !== servicePort);
      if (left.length > 0) claims.set(portal, left);
      else claims.delete(portal);
      touched.add(portal);
    },
    takeTouched() {
      const lists = [...touched].map((portal) => (claims.get(portal) ?? []).toSorted(byClaim));
      touched.clear();
      return lists;
    },
  };
}

/** What is wrong with a ServicePort that claims the portal of `winner`. */
export function conflictProblem(loser: ServicePort, winner: ServicePort): ModelProblem {
  const portal = clusterPortal(winner);
  return {
    object: `Service ${loser.name.namespace}/${loser.name.name}`,
    field: 'spec.clusterIP',
    message: `${portal} belongs to ${formatServicePortName(winner.name)}: ${formatServicePortName(loser.name)} is not served`,
  };
}

/**
 * The older one first, then by namespace, name and key. Without a timestamp it is last: it was written by hand, and
 * nothing proves that it was there before the one whose age an API server vouches for.
 */
function byClaim(a: ServicePort, b: ServicePort): number {
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
