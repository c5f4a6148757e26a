// proxier/service-rows.ts: PURE. One line for each ServicePort, as plain data that JSON can carry: what `kube-portal status`
// and `kube-portal top` show.
import type { IpFamily } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import { formatServicePortName, type Protocol } from '../model/service-port-name.js';
import type { TrafficScope } from '../model/traffic-scope.js';
import { type ListenerNumbers, listenerNumbers } from './listener-numbers.js';
import type { Disposition } from './rule-applier.js';
import type { ProxierStatus, ServicePortStatus } from './status.js';

export interface ServiceRow extends ListenerNumbers {
  readonly key: string;
  /** `ns/name:port`. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly ipFamily: IpFamily;
  readonly portals: readonly PortalAddress[];
  readonly listeners: readonly {
    readonly scope: TrafficScope;
    readonly claim: boolean;
    readonly port: number;
    readonly disposition: Disposition;
  }[];
  readonly endpoints: { readonly usable: number; readonly known: number };
  readonly problems: readonly string[];
}

export interface RowPage {
  readonly rows: readonly ServiceRow[];
  /** The key after which the next page begins; absent: there are no more. */
  readonly next?: string;
}

/**
 * By key, in its order, so that pages neither repeat nor pass over what stays.
 * @param after the key that the page before ended with
 */
export function rowPage(status: ProxierStatus, limit: number, after = ''): RowPage {
  const keys = [...status.snapshot().servicePorts.keys()].filter((key) => key > after).sort();
  const shown = keys.slice(0, limit);
  const wanted = new Set(shown);
  const rows = new Map<string, ServiceRow>();
  for (const one of status.servicePorts())
    if (wanted.has(one.servicePort.key)) rows.set(one.servicePort.key, rowOf(one, status));
  const last = shown.at(-1);
  return {
    rows: shown.flatMap((key) => rows.get(key) ?? []),
    ...(last !== undefined && shown.length < keys.length && { next: last }),
  };
}

function rowOf(
  { servicePort, portals, listeners, endpoints, problems }: ServicePortStatus,
  status: ProxierStatus,
): ServiceRow {
  const { key, name, ipFamily } = servicePort;
  const usable = new Set([...endpoints.Cluster, ...endpoints.Local]);
  const chosen = status.snapshot().endpoints.get(key);
  const known = new Set([
    ...usable,
    ...(chosen?.Cluster ?? []),
    ...(chosen?.Local ?? []),
    ...endpoints.resting,
  ]);
  return {
    key,
    name: formatServicePortName(name),
    protocol: name.protocol,
    ipFamily,
    portals: portals.map(({ kind, ip, port }) => ({ kind, ip, port })),
    listeners: listeners.map(({ scope, claim, port, disposition }) => ({ scope, claim, port, disposition })),
    endpoints: { usable: usable.size, known: known.size },
    problems: problems.map(({ message }) => message),
    ...listenerNumbers(listeners.map(({ listener }) => listener)),
  };
}
