// model/service-port.ts: one port of one Service in one IP family, as the proxier needs it.
import type { IpFamily } from './ip.js';
import type { ServicePortName } from './service-port-name.js';

export interface ServicePort {
  /** servicePortKey(name, ipFamily). */
  readonly key: string;
  readonly name: ServicePortName;
  readonly ipFamily: IpFamily;
  /** Canonical spelling, of `ipFamily`. */
  readonly clusterIP: string;
  readonly port: number;
  /** Older first where two Services claim one clusterIP:port; RFC 3339, absent in hand-written manifests. */
  readonly creationTimestamp?: string;
}
