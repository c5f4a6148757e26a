// model/service-port.ts: one port of one Service in one IP family, as the proxier needs it. Addresses and ranges are
// canonical, of its family, each once, in the object's order; what is absent is not used.
import type { DrainPolicy } from './drain-policy.js';
import type { IpFamily } from './ip.js';
import type { ServicePortName } from './service-port-name.js';
import type { TrafficScope } from './traffic-scope.js';

export interface ServicePort {
  /** servicePortKey(name, ipFamily). */
  readonly key: string;
  readonly name: ServicePortName;
  readonly ipFamily: IpFamily;
  readonly clusterIP: string;
  readonly port: number;
  /** Older first where two Services claim one portal; RFC 3339, absent in hand-written manifests. */
  readonly creationTimestamp?: string;
  readonly nodePort?: number;
  readonly externalIPs?: readonly string[];
  /** Ingress addresses of status.loadBalancer, those of ipMode Proxy left out. */
  readonly loadBalancerIPs?: readonly string[];
  /** CIDRs that may use the loadBalancerIPs; absent: everybody, empty: nobody (none of those given is of this family). */
  readonly sourceRanges?: readonly string[];
  /** For the clusterIP. */
  readonly internalPolicy: TrafficScope;
  /** For all other portals; Cluster where the Service has none. */
  readonly externalPolicy: TrafficScope;
  /** Of the whole Service: each of its ServicePorts has it. */
  readonly healthCheckNodePort?: number;
  /** sessionAffinity ClientIP: how long after its last connection a client stays with its endpoint; 1 to 86400. */
  readonly affinityTimeoutSeconds?: number;
  /** Absent: leave. */
  readonly drain?: DrainPolicy;
  /** For people to see: which endpoints are used is decided by their hints, which Kubernetes sets accordingly. */
  readonly trafficDistribution?: TrafficDistribution;
}

/** PreferClose is the older name of PreferSameZone. */
export type TrafficDistribution = 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';
