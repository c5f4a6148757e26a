// model/endpoint.ts: one address and port that serves a ServicePort, with the conditions of discovery/v1.

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
}
