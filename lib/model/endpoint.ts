// model/endpoint.ts: one address and port that serves a ServicePort, with the conditions of discovery/v1, and the
// choice of those that connections may go to.
import type { TrafficScope } from './traffic-scope.js';

export interface EndpointAddress {
  /** Canonical spelling. */
  readonly ip: string;
  readonly port: number;
}

/** Conditions are resolved: nil ready and serving are true, nil terminating is false (discovery/v1). */
export interface Endpoint extends EndpointAddress {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
  readonly zone?: string;
  /** Zones and nodes whose traffic it is meant for (hints.forZones, hints.forNodes); absent: no hint, never empty. */
  readonly zoneHints?: readonly string[];
  readonly nodeHints?: readonly string[];
}

/** For new connections, by scope, each in a stable order (that in which the endpoints were first seen). */
export interface UsableEndpoints extends Readonly<Record<TrafficScope, readonly Endpoint[]>> {
  /** The whole cluster's, topology hints applied; empty where no portal uses the scope. */
  readonly Cluster: readonly Endpoint[];
  /** Those on this node; empty where no portal uses the scope. */
  readonly Local: readonly Endpoint[];
  /** Usable ones anywhere: decides between dropping (there are, but not in this scope) and refusing (there are none). */
  readonly hasAny: boolean;
  /**
   * Not for new connections, but connections to them are not drained: they are not going away. Neither ready nor
   * terminating, or ready and meant for other nodes or zones.
   */
  readonly resting: readonly Endpoint[];
  /** Ready ones on this node, by address, terminating ones that are not ready left out: the healthCheckNodePort's count. */
  readonly localReady: number;
}
