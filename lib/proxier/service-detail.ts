// proxier/service-detail.ts: PURE. All that is known of one Service, as plain data that JSON can carry: from its slices to
// the portals and listeners it has. What `kube-portal explain` begins with, from a process or from manifests alone.

import type { Endpoint } from '../model/endpoint.js';
import { whyNotUsable } from '../model/endpoint-reasons.js';
import type { IpFamily } from '../model/ip.js';
import type { NodeFacts } from '../model/node-facts.js';
import type { PortalAddress } from '../model/portal-address.js';
import { portalsOf } from '../model/portals-of.js';
import type { ServicePort } from '../model/service-port.js';
import { formatServicePortName, type Protocol } from '../model/service-port-name.js';
import type { ServiceView, SlicePortView } from '../model/service-view.js';
import type { ModelProblem, Snapshot } from '../model/snapshot.js';
import { type TrafficScope, trafficScopes, usesScope } from '../model/traffic-scope.js';
import { noEndpoints } from '../model/usable-endpoints.js';
import { dispositionOf } from './feeds.js';
import { type ListenerNumbers, listenerNumbers } from './listener-numbers.js';
import { wantedWays } from './roles.js';
import type { Disposition, PortalWay } from './rule-applier.js';
import type { ProxierStatus } from './status.js';

export interface EndpointDetail {
  readonly ip: string;
  readonly port: number;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
  readonly zone?: string;
  /** Which new connections it takes. */
  readonly usableFor: readonly TrafficScope[];
  /** By scope that some portal uses: why it takes none of them. */
  readonly whyNot: Readonly<Partial<Record<TrafficScope, string>>>;
}

export interface WayDetail {
  readonly from: PortalWay['from'];
  readonly scope: TrafficScope;
  /** undefined: no rule was asked for. */
  readonly proxyPort?: number;
  readonly disposition: Disposition;
}

export interface PortalDetail extends PortalAddress {
  /** `ns/name:port` of whom it belongs to instead. */
  readonly lostTo?: string;
  /** It is a nodePort that another process of this host listens on. */
  readonly isBlocked: boolean;
  /** Who comes first matches. Empty: it is lost. */
  readonly ways: readonly WayDetail[];
  /** Only these may use it. */
  readonly sourceRanges?: readonly string[];
}

export interface ListenerDetail extends ListenerNumbers {
  readonly scope: TrafficScope;
  readonly claim: boolean;
  readonly port: number;
  readonly disposition: Disposition;
}

export interface ServicePortDetail {
  readonly key: string;
  /** `ns/name:port`. */
  readonly name: string;
  /** The port's own name. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly ipFamily: IpFamily;
  readonly port: number;
  readonly internalPolicy: TrafficScope;
  readonly externalPolicy: TrafficScope;
  /** False: its clusterIP is another's. */
  readonly isServed: boolean;
  readonly portals: readonly PortalDetail[];
  readonly listeners: readonly ListenerDetail[];
  /** At most maxListed. */
  readonly endpoints: readonly EndpointDetail[];
  readonly endpointsTotal: number;
  /** Usable ones of any scope. */
  readonly usableTotal: number;
  readonly problems: readonly string[];
}

export interface SliceDetail {
  readonly object: string;
  readonly ports: readonly SlicePortView[];
  readonly problems: readonly string[];
}

export interface ServiceDetail {
  /** `ns/name`. */
  readonly service: string;
  /** False: there is no such object. */
  readonly exists: boolean;
  /** Of names that exist, those that are alike; only where this one does not. */
  readonly similar: readonly string[];
  readonly notForUs?: string;
  readonly problems: readonly string[];
  /** At most maxListed. */
  readonly slices: readonly SliceDetail[];
  /** What is wrong with slices that could have been meant for it. */
  readonly strays: readonly string[];
  readonly servicePorts: readonly ServicePortDetail[];
  readonly node: Pick<NodeFacts, 'name' | 'zone'>;
}

/** What a person reads through, and an answer can carry. */
const maxListed = 1000;

export type DetailSources = Pick<ProxierStatus, 'servicePort' | 'snapshot' | 'node' | 'plan'>;

export function serviceDetail(
  service: string,
  view: ServiceView,
  similar: readonly string[],
  sources: DetailSources,
): ServiceDetail {
  const { service: converted, slices, strays, endpoints } = view;
  const { name, zone } = sources.node();
  return {
    service,
    exists: converted !== undefined,
    similar,
    ...(converted?.notForUs !== undefined && { notForUs: converted.notForUs }),
    problems: converted?.problems.map(textOf) ?? [],
    slices: slices
      .slice(0, maxListed)
      .map(({ object, ports, problems }) => ({ object, ports, problems: problems.map(textOf) })),
    strays: strays.map((problem) => `${problem.object}: ${textOf(problem)}`),
    servicePorts: (converted?.servicePorts ?? []).map((one) =>
      servicePortDetail(one, endpoints.get(one.key) ?? [], sources),
    ),
    node: { name, zone },
  };
}

function textOf({ field, message }: ModelProblem): string {
  return `${field}: ${message}`;
}

function servicePortDetail(
  servicePort: ServicePort,
  all: readonly Endpoint[],
  sources: DetailSources,
): ServicePortDetail {
  const { key, name, ipFamily, port, internalPolicy, externalPolicy } = servicePort;
  const status = sources.servicePort(key);
  const details = all
    .slice(0, maxListed)
    .map((endpoint) => endpointDetail(endpoint, all, servicePort, sources));
  const { endpoints = noEndpoints } = status ?? {};
  return {
    key,
    name: formatServicePortName(name),
    portName: name.port,
    protocol: name.protocol,
    ipFamily,
    port,
    internalPolicy,
    externalPolicy,
    isServed: status !== undefined,
    portals: portalsOf(servicePort).map((address) => portalDetail(address, servicePort, sources)),
    listeners: (status?.listeners ?? []).map(({ scope, claim, port: proxyPort, disposition, listener }) => ({
      scope,
      claim,
      port: proxyPort,
      disposition,
      ...listenerNumbers([listener]),
    })),
    endpoints: details,
    endpointsTotal: all.length,
    usableTotal: new Set([...endpoints.Cluster, ...endpoints.Local]).size,
    problems: (status?.problems ?? []).filter(({ subject }) => subject === key).map(({ message }) => message),
  };
}

function endpointDetail(
  endpoint: Endpoint,
  all: readonly Endpoint[],
  servicePort: ServicePort,
  sources: DetailSources,
): EndpointDetail {
  const { ip, port, ready, serving, terminating, nodeName, zone } = endpoint;
  const chosen = sources.snapshot().endpoints.get(servicePort.key) ?? noEndpoints;
  const given = sources.servicePort(servicePort.key)?.endpoints ?? noEndpoints;
  const isIn = (list: readonly Endpoint[]): boolean => list.some((one) => one.ip === ip && one.port === port);
  const used = trafficScopes.filter((scope) => usesScope(servicePort, scope));
  const whyNot = (scope: TrafficScope): string | undefined => {
    if (isIn(given[scope])) return undefined;
    if (isIn(chosen[scope])) return 'refused: a connection to it would come back to this proxy';
    return whyNotUsable(endpoint, all, chosen, scope, sources.node());
  };
  const reasons = used.map((scope) => ({ scope, reason: whyNot(scope) }));
  return {
    ip,
    port,
    ready,
    serving,
    terminating,
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    usableFor: reasons.filter(({ reason }) => reason === undefined).map(({ scope }) => scope),
    whyNot: Object.fromEntries(
      reasons.flatMap(({ scope, reason }) => (reason === undefined ? [] : [[scope, reason]])),
    ),
  };
}

function portalDetail(
  address: PortalAddress,
  servicePort: ServicePort,
  sources: DetailSources,
): PortalDetail {
  const { key, sourceRanges } = servicePort;
  const status = sources.servicePort(key);
  const has = status?.portals.find((one) => isSame(one, address));
  const isBlocked = address.kind === 'nodePort' && sources.plan()?.servicePorts.get(key)?.isBlocked === true;
  const ranges = address.kind === 'loadBalancer' && sourceRanges !== undefined ? { sourceRanges } : undefined;
  if (has === undefined) {
    const lostTo = ownerOf(address, servicePort, sources.snapshot());
    return { ...address, ...(lostTo !== undefined && { lostTo }), isBlocked, ways: [], ...ranges };
  }
  const ways = wantedWays(address.kind, servicePort).map(({ from, scope }): WayDetail => {
    const way = has.ways.find((one) => one.from === from);
    const disposition = way?.disposition ?? dispositionOf(scope, status?.endpoints ?? noEndpoints);
    return { from, scope, ...(way !== undefined && { proxyPort: way.proxyPort }), disposition };
  });
  return { ...address, isBlocked, ways, ...ranges };
}

function ownerOf(
  address: PortalAddress,
  { name: { protocol }, ipFamily }: ServicePort,
  { servicePorts, portals }: Snapshot,
): string | undefined {
  for (const [key, theirs] of portals) {
    const owner = servicePorts.get(key);
    if (owner?.name.protocol !== protocol || owner.ipFamily !== ipFamily) continue;
    if (theirs.some(({ ip, port }) => ip === address.ip && port === address.port))
      return formatServicePortName(owner.name);
  }
  return undefined;
}

function isSame(a: PortalAddress, b: PortalAddress): boolean {
  return a.kind === b.kind && a.ip === b.ip && a.port === b.port;
}
