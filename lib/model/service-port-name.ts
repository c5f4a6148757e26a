// model/service-port-name.ts: ServicePortName, the key of everything that belongs to one port of one Service.
import type { IpFamily } from './ip.js';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface ServicePortName {
  readonly namespace: string;
  readonly name: string;
  /** The port's name; '' where the Service has a single, unnamed port. */
  readonly port: string;
  readonly protocol: Protocol;
}

/** `ns/name:port`, or `ns/name` for an unnamed port: kube-proxy's spelling, in logs and rule comments. */
export function formatServicePortName(name: ServicePortName): string {
  return name.port === '' ? `${name.namespace}/${name.name}` : `${name.namespace}/${name.name}:${name.port}`;
}

/** A ServicePort's identity inside this program: the protocol and the family belong to it. */
export function servicePortKey(name: ServicePortName, ipFamily: IpFamily): string {
  return `${formatServicePortName(name)}/${name.protocol}/${ipFamily}`;
}
