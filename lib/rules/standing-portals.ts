// rules/standing-portals.ts: PURE. Rules read back as portals, so that a new run of the program can take the proxy ports
// that the standing rules lead to. Understands what kube-proxy's userspace mode left behind as well.
import { canonicalIp, type IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import { containerChain, type FamilyRules, hostChain } from './chains.js';
import type { StandingPortal } from './portal.js';
import { optionOf, splitRule } from './rule-text.js';

const protocols: Readonly<Record<string, Protocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** Each (ip, port, protocol) once; CONTAINER's rule is believed before HOST's. */
export function standingPortals(standing: FamilyRules, ipFamily: IpFamily): readonly StandingPortal[] {
  const { chains } = standing.nat;
  const found = new Map<string, StandingPortal>();
  for (const name of new Set([containerChain, hostChain, ...chains.keys()])) {
    for (const rule of chains.get(name) ?? []) {
      const portal = parsePortal(rule, ipFamily);
      if (portal === undefined) continue;
      const key = `${portal.ip} ${portal.port} ${portal.protocol}`;
      if (!found.has(key)) found.set(key, portal);
    }
  }
  return [...found.values()];
}

function parsePortal(rule: string, ipFamily: IpFamily): StandingPortal | undefined {
  const words = splitRule(rule);
  const ip = canonicalIp(optionOf(words, '-d')?.replace(/\/(32|128)$/, '') ?? '');
  const protocol = protocols[optionOf(words, '-p') ?? ''];
  const port = portOf(optionOf(words, '--dport'));
  const proxyPort = portOf(
    optionOf(words, '--to-ports') ?? optionOf(words, '--to-destination')?.replace(/^.*:/, ''),
  );
  if (ip === undefined || !protocol || port === undefined || proxyPort === undefined) return undefined;
  return { ipFamily, ip, port, protocol, proxyPort };
}

/** Undefined for a range or a prefix of ports: no portal of ours. */
function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
