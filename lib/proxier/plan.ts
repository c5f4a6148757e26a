// proxier/plan.ts: PURE. From the portals that Services have and the listeners that are open to the rules that should
// stand. Keeps objects that did not change, so that the next layer may compare by identity.
import { copyOnWriteMap } from '../model/copy-on-write-map.js';
import { ipFamilies } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import { sameLists, sameTexts } from '../model/slice-record.js';
import type { Snapshot } from '../model/snapshot.js';
import { type HeldListeners, type ListenersOfServicePort, noListeners } from './held-listener.js';
import type { HostNetworkState } from './host-network.js';
import { type ListenerRole, listenerRoles, wantedRoles, wantedWays } from './roles.js';
import type { DesiredRules, Disposition, Portal, ProxyPort } from './rule-applier.js';
import type { RuleSetting } from './rule-setting.js';
import { rangesOnThisHost } from './source-ranges.js';

export interface RulesPlan {
  readonly desired: DesiredRules;
  readonly sources: PlanSources;
  /** By ServicePort key. */
  readonly servicePorts: ReadonlyMap<string, ServicePortPlan>;
}

/** The rules of one ServicePort, and what they were made from. */
export interface ServicePortPlan {
  readonly servicePort: ServicePort;
  readonly addresses: readonly PortalAddress[];
  readonly isBlocked: boolean;
  /** This host's, where source ranges ask for it. */
  readonly nodeAddress: string | undefined;
  readonly portals: readonly Portal[];
  readonly proxyPorts: Readonly<Partial<Record<ListenerRole, ProxyPort>>>;
}

export interface PlanSources extends Pick<Snapshot, 'servicePorts' | 'portals'> {
  readonly held: HeldListeners;
  /** Another number whenever a listener in `held` came or went, or its disposition changed. */
  readonly version: number;
  /** ServicePorts whose nodePort is another process's: no rule takes it from there. */
  readonly blocked: ReadonlySet<string>;
  readonly setting: RuleSetting;
  readonly nodeAddress: HostNetworkState['nodeAddress'];
}

const noPortals: readonly PortalAddress[] = [];
const noPlans: ReadonlyMap<string, ServicePortPlan> = new Map();

/** Returns `previous`, or what it desired, when nothing changed. A portal whose listener is not open has no rule. */
export function planRules(sources: PlanSources, previous: RulesPlan | undefined): RulesPlan {
  if (previous !== undefined && sameSources(previous.sources, sources)) return previous;
  const { setting } = sources;
  const plans = copyOnWriteMap(previous?.servicePorts ?? noPlans);
  for (const servicePort of sources.servicePorts.values()) {
    const before = previous?.servicePorts.get(servicePort.key);
    const plan = planServicePort(servicePort, sources, before);
    if (plan !== before) plans.set(servicePort.key, plan);
  }
  for (const key of previous?.servicePorts.keys() ?? [])
    if (!sources.servicePorts.has(key)) plans.delete(key);
  const servicePorts = plans.result();
  if (
    previous !== undefined &&
    previous.servicePorts === servicePorts &&
    previous.sources.setting === setting
  ) {
    return { ...previous, sources };
  }
  const portals: Portal[] = [];
  const proxyPorts: ProxyPort[] = [];
  for (const plan of servicePorts.values()) {
    portals.push(...plan.portals);
    for (const role of listenerRoles) {
      const proxyPort = plan.proxyPorts[role];
      if (proxyPort !== undefined) proxyPorts.push(proxyPort);
    }
  }
  return { desired: { ...setting, portals, proxyPorts }, sources, servicePorts };
}

function sameSources(a: PlanSources, b: PlanSources): boolean {
  return (
    a.servicePorts === b.servicePorts &&
    a.portals === b.portals &&
    a.version === b.version &&
    a.blocked === b.blocked &&
    a.setting === b.setting &&
    ipFamilies.every((ipFamily) => a.nodeAddress[ipFamily] === b.nodeAddress[ipFamily])
  );
}

function planServicePort(
  servicePort: ServicePort,
  { portals, held, blocked, nodeAddress: nodeAddresses }: PlanSources,
  before: ServicePortPlan | undefined,
): ServicePortPlan {
  const { key } = servicePort;
  const addresses = portals.get(key) ?? noPortals;
  const isBlocked = blocked.has(key);
  const nodeAddress = servicePort.sourceRanges && nodeAddresses[servicePort.ipFamily];
  const roles = wantedRoles(servicePort, addresses);
  const listeners = held.get(key) ?? noListeners;
  const isSame =
    before?.servicePort === servicePort &&
    before.addresses === addresses &&
    before.isBlocked === isBlocked &&
    before.nodeAddress === nodeAddress &&
    roles.every((role) => leadsTo(before.proxyPorts[role], listeners, role));
  if (isSame) return before;
  const proxyPorts: Partial<Record<ListenerRole, ProxyPort>> = {};
  for (const role of roles) {
    const proxyPort = proxyPortOf(servicePort, listeners, role);
    if (proxyPort !== undefined) proxyPorts[role] = proxyPort;
  }
  const now = addresses
    .filter(({ kind }) => kind !== 'nodePort' || !isBlocked)
    .flatMap((address) => portalOf(servicePort, address, proxyPorts, nodeAddress, before?.portals) ?? []);
  const kept = before !== undefined && sameLists(before.portals, now, Object.is) ? before.portals : now;
  return { servicePort, addresses, isBlocked, nodeAddress, portals: kept, proxyPorts };
}

/** Undefined: it would not lead to everybody's listener. */
function portalOf(
  servicePort: ServicePort,
  { kind, ip, port }: PortalAddress,
  proxyPorts: ServicePortPlan['proxyPorts'],
  nodeAddress: string | undefined,
  before: readonly Portal[] = [],
): Portal | undefined {
  const { ipFamily, name, sourceRanges } = servicePort;
  const ways = wantedWays(kind, servicePort).flatMap(({ from, scope }) => {
    const proxyPort = proxyPorts[scope]?.port;
    return proxyPort === undefined ? [] : [{ from, proxyPort }];
  });
  if (ways.at(-1)?.from !== 'everybody') return undefined;
  const portal: Portal = {
    ipFamily,
    kind,
    ip,
    port,
    protocol: name.protocol,
    servicePortName: name,
    ways,
    ...(kind === 'loadBalancer' &&
      sourceRanges !== undefined && { sourceRanges: rangesOnThisHost(sourceRanges, ip, nodeAddress) }),
  };
  return before.find((known) => samePortal(known, portal)) ?? portal;
}

/** Family, protocol and name are part of the ServicePort's key. */
function samePortal(a: Portal, b: Portal): boolean {
  return (
    a.kind === b.kind &&
    a.ip === b.ip &&
    a.port === b.port &&
    sameLists(a.ways, b.ways, (x, y) => x.from === y.from && x.proxyPort === y.proxyPort) &&
    sameTexts(a.sourceRanges, b.sourceRanges)
  );
}

function leadsTo(
  proxyPort: ProxyPort | undefined,
  listeners: ListenersOfServicePort,
  role: ListenerRole,
): boolean {
  const held = listeners[role];
  if (held === undefined || proxyPort === undefined) return held === proxyPort;
  return proxyPort.port === held.listener.port && proxyPort.disposition === dispositionAt(listeners, role);
}

function proxyPortOf(
  { ipFamily, name: { protocol } }: ServicePort,
  listeners: ListenersOfServicePort,
  role: ListenerRole,
): ProxyPort | undefined {
  const held = listeners[role];
  if (held === undefined) return undefined;
  return { protocol, port: held.listener.port, ipFamily, disposition: dispositionAt(listeners, role) };
}

/** No rule leads to a claim: whatever its endpoints, it is closed to all who come by themselves. */
function dispositionAt(listeners: ListenersOfServicePort, role: ListenerRole): Disposition {
  return role === 'nodePort' ? 'serve' : (listeners[role]?.feed.disposition ?? 'refuse');
}

/** A portal's address as a key, unique on this host. */
export function portalKey(portal: Pick<Portal, 'ipFamily' | 'ip' | 'port' | 'protocol'>): string {
  return `${portal.ipFamily} ${portal.ip} ${portal.port} ${portal.protocol}`;
}
