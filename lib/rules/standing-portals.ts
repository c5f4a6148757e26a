// rules/standing-portals.ts: PURE. Rules read back as portals, so that a new run of the program can take the proxy ports
// that the standing rules lead to. Understands what kube-proxy's userspace mode left behind as well.
import { canonicalIp, type IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import {
  containerChain,
  type FamilyRules,
  hostChain,
  isNodePortChain,
  nodePortContainerChain,
} from './chains.js';
import type { PortalWay, StandingPortal } from './portal.js';
import { optionOf, splitRule } from './rule-text.js';

const protocols: Readonly<Record<string, Protocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** A rule that leads somewhere. */
interface Lead extends Pick<StandingPortal, 'ip' | 'port' | 'protocol'> {
  readonly proxyPort: number;
}

/** Each (ip, port, protocol) once; CONTAINER's rules are believed before HOST's. */
export function standingPortals(standing: FamilyRules, ipFamily: IpFamily): readonly StandingPortal[] {
  const { chains } = standing.nat;
  const found = new Map<string, StandingPortal>();
  for (const name of new Set([containerChain, hostChain, nodePortContainerChain, ...chains.keys()])) {
    // A portal's rules are all in one chain.
    const leads = new Map<string, Lead[]>();
    for (const rule of chains.get(name) ?? []) {
      const lead = parseLead(rule, isNodePortChain(name));
      if (lead === undefined) continue;
      const key = `${lead.ip} ${lead.port} ${lead.protocol}`;
      const ofPortal = leads.get(key);
      if (ofPortal) ofPortal.push(lead);
      else if (!found.has(key)) leads.set(key, [lead]);
    }
    for (const [key, ofPortal] of leads) {
      const [first] = ofPortal;
      if (first === undefined) continue;
      const { ip, port, protocol } = first;
      found.set(key, { ipFamily, ip, port, protocol, ways: waysOf(ofPortal) });
    }
  }
  return [...found.values()];
}

/** The last rule is for everybody; what leads elsewhere before it was for the cluster. */
function waysOf(leads: readonly Lead[]): readonly PortalWay[] {
  const ports = [...new Set(leads.map(({ proxyPort }) => proxyPort))];
  return ports.map((proxyPort, at) => ({
    from: at === ports.length - 1 ? 'everybody' : 'cluster',
    proxyPort,
  }));
}

function parseLead(rule: string, ofNodePort: boolean): Lead | undefined {
  const words = splitRule(rule);
  const ip = ofNodePort && !words.includes('-d') ? '' : addressOf(words);
  const protocol = protocols[optionOf(words, '-p') ?? ''];
  const port = portOf(optionOf(words, '--dport'));
  const proxyPort = portOf(
    optionOf(words, '--to-ports') ?? optionOf(words, '--to-destination')?.replace(/^.*:/, ''),
  );
  if (ip === undefined || !protocol || port === undefined || proxyPort === undefined) return undefined;
  return { ip, port, protocol, proxyPort };
}

function addressOf(words: readonly string[]): string | undefined {
  return canonicalIp(optionOf(words, '-d')?.replace(/\/(32|128)$/, '') ?? '');
}

/** Undefined for a range or a prefix of ports: no portal of ours. */
function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
