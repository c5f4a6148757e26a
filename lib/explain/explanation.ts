// explain/explanation.ts: PURE. The walk as data, which is what --json prints: this shape only ever grows. From what a
// process (or the manifests) says of a Service, and from what was looked at, to what becomes of each portal's clients.
import type { IpFamily } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { Protocol } from '../model/service-port-name.js';
import type { DesiredRules, DetectLocal } from '../proxier/rule-applier.js';
import type {
  EndpointDetail,
  ListenerDetail,
  PortalDetail,
  ServiceDetail,
  ServicePortDetail,
  WayDetail,
} from '../proxier/service-detail.js';
import type { LiveRule, LiveRules } from './live-rules.js';
import type { OpenPorts } from './open-ports.js';
import type { ProbeResult } from './probe.js';
import { isLetIn, mayUse, type Sender, wayFor } from './sender.js';
import type { Verdict } from './verdict-code.js';

/**
 * in-place: each packet is led to the listener; missing: no rule is for the portal, or for some of its clients; unreached:
 * nothing leads packets to our rules; elsewhere: led to another port; not-wanted: none should be there; unknown: it could
 * not be read.
 */
export type RuleState = 'in-place' | 'missing' | 'unreached' | 'elsewhere' | 'not-wanted' | 'unknown';

export interface ExplainedPortal extends PortalAddress {
  /** Clients as asked for (--from) may use such a portal. */
  readonly isAsked: boolean;
  readonly lostTo?: string;
  readonly isBlocked: boolean;
  /** Of a nodePort, this node's addresses that have it; absent: all. */
  readonly offeredAt?: readonly string[];
  /** The ways that they take. */
  readonly ways: readonly WayDetail[];
  readonly sourceRanges?: readonly string[];
  /** null: it depends on the client's address. */
  readonly isLetIn: boolean | null;
  readonly rule: {
    readonly state: RuleState;
    readonly variant?: string;
    readonly found: readonly LiveRule[];
  };
}

export interface ExplainedListener extends ListenerDetail {
  /** null: it can't be told. */
  readonly isOpen: boolean | null;
}

export interface ExplainedEndpoint extends EndpointDetail {
  /** Absent: it was not asked. */
  readonly probe?: ProbeResult;
}

export interface ExplainedServicePort {
  readonly key: string;
  readonly name: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly ipFamily: IpFamily;
  readonly port: number;
  readonly isServed: boolean;
  readonly internalPolicy: ServicePortDetail['internalPolicy'];
  readonly externalPolicy: ServicePortDetail['externalPolicy'];
  readonly endpoints: readonly ExplainedEndpoint[];
  readonly endpointsTotal: number;
  readonly usableTotal: number;
  readonly portals: readonly ExplainedPortal[];
  readonly listeners: readonly ExplainedListener[];
  readonly problems: readonly string[];
}

/** What makes all that it says doubtful. */
export interface ProcessState {
  readonly inSync: boolean;
  /** Why Services and endpoints may have changed since. */
  readonly sourceFailure?: string;
}

type OfService = Pick<
  ServiceDetail,
  'service' | 'exists' | 'similar' | 'notForUs' | 'problems' | 'slices' | 'strays'
>;

export interface Walk extends OfService {
  /** `ns/name` or `ns/name:port`, as asked for. */
  readonly asked: string;
  readonly from: Sender;
  /** process: one that runs, its rules and listeners; manifests: what would be done with these files. */
  readonly against: 'process' | 'manifests';
  readonly node: string;
  /** Of the process that was asked. */
  readonly process?: ProcessState;
  /** Names (or numbers, of unnamed ones) of the ports there are. */
  readonly ports: readonly string[];
  /** Those that were asked for. */
  readonly servicePorts: readonly ExplainedServicePort[];
  /** What could not be looked at, and why. */
  readonly unknown: readonly string[];
}

export interface Explanation extends Walk {
  readonly apiVersion: 'kube-portal/explain/v1';
  readonly served: boolean;
  readonly verdict: Verdict;
}

/** What was looked at; undefined: not. */
export interface Looks {
  readonly liveRules: LiveRules | undefined;
  readonly openPorts: OpenPorts | undefined;
  /** By probeKey(). */
  readonly probes: ReadonlyMap<string, ProbeResult>;
  readonly unknown: readonly string[];
}

export interface Question {
  readonly asked: string;
  readonly port: string | undefined;
  readonly from: Sender;
  readonly against: Walk['against'];
  readonly detectLocal: DetectLocal;
  readonly nodePortAddresses: DesiredRules['nodePortAddresses'];
  readonly process?: ProcessState;
}

export function walk(question: Question, detail: ServiceDetail, looks: Looks): Walk {
  const { asked, from, against } = question;
  const { service, exists, similar, notForUs, problems, slices, strays, servicePorts, node } = detail;
  return {
    asked,
    service,
    from,
    against,
    node: node.name,
    ...(question.process !== undefined && { process: question.process }),
    exists,
    similar,
    ...(notForUs !== undefined && { notForUs }),
    problems,
    slices,
    strays,
    ports: [
      ...new Set(servicePorts.map(({ portName, port }) => (portName === '' ? String(port) : portName))),
    ],
    servicePorts: askedPorts(servicePorts, question.port).map((one) => explained(one, question, looks)),
    unknown: looks.unknown,
  };
}

/** By the port's name, or its number. */
export function askedPorts(
  servicePorts: readonly ServicePortDetail[],
  port: string | undefined,
): readonly ServicePortDetail[] {
  if (port === undefined) return servicePorts;
  const named = servicePorts.filter(({ portName }) => portName === port);
  return named.length > 0 ? named : servicePorts.filter((one) => String(one.port) === port);
}

export function probeKey(
  protocol: Protocol,
  { ip, port }: { readonly ip: string; readonly port: number },
): string {
  return `${protocol} ${ip} ${port}`;
}

function explained(detail: ServicePortDetail, question: Question, looks: Looks): ExplainedServicePort {
  const { protocol, ipFamily } = detail;
  return {
    ...detail,
    endpoints: detail.endpoints.map((endpoint) => {
      const probe = looks.probes.get(probeKey(protocol, endpoint));
      return { ...endpoint, ...(probe !== undefined && { probe }) };
    }),
    portals: detail.portals.map((portal) => explainedPortal(portal, detail, question, looks)),
    listeners: detail.listeners.map((listener) => ({
      ...listener,
      isOpen: looks.openPorts?.isOpen(protocol, ipFamily, listener.port) ?? null,
    })),
  };
}

function explainedPortal(
  portal: PortalDetail,
  { protocol, ipFamily }: ServicePortDetail,
  { from, detectLocal, nodePortAddresses }: Question,
  { liveRules }: Looks,
): ExplainedPortal {
  const found = liveRules?.find(portal, protocol, ipFamily);
  const met = (found?.rules ?? []).filter(({ hook }) => isMet(hook, from));
  const wanted = wayFor(from, detectLocal);
  const own = portal.ways.find((way) => way.from === wanted) ?? portal.ways.at(-1);
  const isRestricted = portal.kind === 'nodePort' && nodePortAddresses !== 'all';
  const offeredAt = isRestricted ? nodePortAddresses[ipFamily] : undefined;
  const isWanted = isRuleWanted(portal) && offeredAt?.length !== 0;
  return {
    ...portal,
    isAsked: mayUse(from, portal.kind, ipFamily),
    ...(offeredAt !== undefined && { offeredAt }),
    ways: wanted === undefined || own === undefined ? portal.ways : [own],
    isLetIn: isLetIn(from, portal.sourceRanges) ?? null,
    rule: {
      state: found === undefined ? 'unknown' : isWanted ? ruleState(portal, met) : 'not-wanted',
      ...(found !== undefined && { variant: found.variant }),
      found: met,
    },
  };
}

function isMet(hook: LiveRule['hook'], from: Sender): boolean {
  if (from.kind === 'everybody') return true;
  return (from.kind === 'host') === (hook === 'sent');
}

function isRuleWanted({ ways, sourceRanges }: PortalDetail): boolean {
  const isPlanned = ways.length > 0 && ways.every(({ proxyPort }) => proxyPort !== undefined);
  return isPlanned && sourceRanges?.length !== 0;
}

function ruleState({ ways: own }: PortalDetail, met: readonly LiveRule[]): RuleState {
  const wanted = own.map(({ proxyPort }) => proxyPort);
  if (met.some(({ jump }) => !jump)) return 'unreached';
  if (met.length === 0 || met.some(({ ways }) => ways === undefined)) return 'missing';
  const leads = met.map(({ ways }) => (ways ?? []).map(({ proxyPort }) => proxyPort));
  if (leads.some((ports) => ports.some((port) => !wanted.includes(port)))) return 'elsewhere';
  // Rules for everybody come last: without those for the cluster its packets would meet them.
  return leads.every((ports) => ports.length === wanted.length && ports.at(-1) === wanted.at(-1))
    ? 'in-place'
    : 'missing';
}
