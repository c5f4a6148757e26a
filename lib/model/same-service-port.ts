// model/same-service-port.ts: are two ServicePorts served alike? Later layers take identity for "unchanged", so that an
// event that changes nothing has to bring back the very object.
import type { DrainPolicy } from './drain-policy.js';
import type { ServicePort } from './service-port.js';
import { sameTexts } from './slice-record.js';

export function sameServicePort(a: ServicePort, b: ServicePort): boolean {
  return (
    a.key === b.key &&
    a.clusterIP === b.clusterIP &&
    a.port === b.port &&
    a.creationTimestamp === b.creationTimestamp &&
    a.nodePort === b.nodePort &&
    a.internalPolicy === b.internalPolicy &&
    a.externalPolicy === b.externalPolicy &&
    a.healthCheckNodePort === b.healthCheckNodePort &&
    a.affinityTimeoutSeconds === b.affinityTimeoutSeconds &&
    a.trafficDistribution === b.trafficDistribution &&
    sameTexts(a.externalIPs, b.externalIPs) &&
    sameTexts(a.loadBalancerIPs, b.loadBalancerIPs) &&
    sameTexts(a.sourceRanges, b.sourceRanges) &&
    sameDrain(a.drain, b.drain)
  );
}

function sameDrain(a: DrainPolicy | undefined, b: DrainPolicy | undefined): boolean {
  if (a?.kind !== 'reset' || b?.kind !== 'reset') return a?.kind === b?.kind;
  return a.afterMs === b.afterMs;
}
