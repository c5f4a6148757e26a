// model/service-view.ts: what is known of one Service, served or not, with all its slices and endpoints, usable or not: for
// people who ask why it does not answer. Made when somebody asks, from what the model keeps anyway.
import type { Endpoint } from './endpoint.js';
import type { EndpointSliceCache } from './endpoint-slice-cache.js';
import type { IpFamily } from './ip.js';
import type { Protocol } from './service-port-name.js';
import type { ConvertedService } from './service-ports.js';
import type { SliceRecord } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';

export interface SliceView {
  /** `EndpointSlice default/web-1`. */
  readonly object: string;
  /** Ports that have endpoints. */
  readonly ports: readonly SlicePortView[];
  readonly problems: readonly ModelProblem[];
}

export interface SlicePortView {
  readonly name: string;
  readonly protocol: Protocol;
  readonly ipFamily: IpFamily;
  readonly port: number;
  readonly endpoints: number;
}

export interface ServiceView {
  /** undefined: there is no such Service. */
  readonly service: ConvertedService | undefined;
  readonly slices: readonly SliceView[];
  /** What is wrong with slices that are named after the Service, and belong to none. */
  readonly strays: readonly ModelProblem[];
  /** By ServicePort key: all, usable or not. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
}

const servicePrefix = 'Service ';

/** @param service `ns/name` */
export function serviceViewOf(
  service: string,
  services: Iterable<readonly [string, ConvertedService]>,
  cache: Pick<EndpointSliceCache, 'changes' | 'endpointsOf'>,
): ServiceView {
  let converted: ConvertedService | undefined;
  for (const [ref, one] of services) if (ref === `${servicePrefix}${service}`) converted = one;
  const slices: SliceView[] = [];
  const strays: ModelProblem[] = [];
  for (const [object, record] of cache.changes.entries()) {
    if (record.service === service) slices.push(sliceViewOf(object, record));
    else if (record.service === undefined && isNamedAfter(object, `${record.kind} ${service}`))
      strays.push(...record.problems);
  }
  const servicePorts = converted?.servicePorts ?? [];
  const endpoints = new Map(servicePorts.map((one) => [one.key, cache.endpointsOf(one, [])]));
  return { service: converted, slices, strays, endpoints };
}

/** `web`, `web-x7k2p`; not `website-x7k2p`. */
function isNamedAfter(object: string, name: string): boolean {
  return object === name || object.startsWith(`${name}-`) || object.startsWith(`${name}.`);
}

export function* serviceNamesOf(services: Iterable<readonly [string, ConvertedService]>): Iterable<string> {
  for (const [ref] of services) yield ref.slice(servicePrefix.length);
}

function sliceViewOf(object: string, { groups, problems }: SliceRecord): SliceView {
  const ports = groups.map(({ portName, protocol, ipFamily, endpoints }) => ({
    name: portName,
    protocol,
    ipFamily,
    port: endpoints[0]?.port ?? 0,
    endpoints: endpoints.length,
  }));
  return { object, ports, problems };
}
