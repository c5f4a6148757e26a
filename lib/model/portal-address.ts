// model/portal-address.ts: one address that clients reach a ServicePort by, and of which kind it is.

/** The words of the API: spec.clusterIP(s), spec.externalIPs, status.loadBalancer.ingress, spec.ports[].nodePort. */
export type PortalKind = 'clusterIP' | 'externalIP' | 'loadBalancer' | 'nodePort';

export interface PortalAddress {
  readonly kind: PortalKind;
  /** Canonical spelling; '' for a nodePort, which is on whichever local addresses offer NodePorts. */
  readonly ip: string;
  readonly port: number;
}
