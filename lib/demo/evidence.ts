// demo/evidence.ts: PURE. Reads what the scenes show (iptables' listings, connection tracking entries, sockets, metrics)
// as far as their claims depend on it.
import { hostPort, hostPrefix } from '../model/ip.js';
import type { TableName } from '../rules/chains.js';
import { optionOf, splitRule } from '../rules/rule-text.js';
import { parseSave } from '../rules/save-text.js';
import type { ShownService } from './services.js';

export interface FoundRule {
  /** As iptables-save printed it. */
  readonly line: string;
  readonly target: string | undefined;
  /** Where a REDIRECT leads; undefined for other targets. */
  readonly proxyPort: number | undefined;
}

/** The rule of a nat chain that captures the Service's portal. */
export function portalRuleIn(save: string, chain: string, service: ShownService): FoundRule | undefined {
  const fits = (words: readonly string[]): boolean =>
    optionOf(words, '-d') === hostPrefix(service.clusterIp) &&
    optionOf(words, '-p') === service.protocol.toLowerCase() &&
    optionOf(words, '--dport') === String(service.port);
  return rulesOf(save, 'nat', chain).find(({ line }) => fits(splitRule(line)));
}

/** The rule of a filter chain that rejects what comes to this port. */
export function rejectRuleIn(
  save: string,
  chain: string,
  protocol: ShownService['protocol'],
  port: number,
): FoundRule | undefined {
  return rulesOf(save, 'filter', chain).find(({ line, target }) => {
    const words = splitRule(line);
    const ports = optionOf(words, '--dports')?.split(',');
    return (
      target === 'REJECT' && optionOf(words, '-p') === protocol.toLowerCase() && ports?.includes(String(port))
    );
  });
}

function rulesOf(save: string, table: TableName, chain: string): readonly FoundRule[] {
  return (parseSave(save).get(table)?.get(chain) ?? []).map((rule) => {
    const words = splitRule(rule);
    const port = optionOf(words, '--to-ports');
    return {
      line: `-A ${chain} ${rule}`,
      target: optionOf(words, '-j'),
      proxyPort: port === undefined ? undefined : Number(port),
    };
  });
}

/** All rules, whoever's, in their order: without the date in the comments and the counters of built-in chains. */
export function ruleLines(save: string): readonly string[] {
  return save.split('\n').filter((line) => line.startsWith('-A '));
}

export interface Counter {
  /** The line of `iptables -vnL`, its columns one blank apart. */
  readonly line: string;
  readonly packets: number;
}

/** The line of a chain's `iptables -vnL` (or `-vxnL`) that holds all the words. */
export function counterIn(listing: string, words: readonly string[]): Counter | undefined {
  for (const raw of listing.split('\n')) {
    const line = squeeze(raw);
    const columns = line.split(' ');
    const packets = columns[0] ?? '';
    if (/^\d+$/.test(packets) && words.every((word) => columns.includes(word))) {
      return { line, packets: Number(packets) };
    }
  }
  return undefined;
}

/** The words by which a portal's line is known: its address and its port. */
export function portalWords({ clusterIp, protocol, port }: ShownService): readonly string[] {
  return [clusterIp, protocol.toLowerCase(), `dpt:${port}`];
}

export interface FlowTuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

export interface Flow {
  readonly original: FlowTuple;
  readonly reply: FlowTuple;
}

/** Undefined for what is no flow with ports. */
export type ParseFlow = (line: string) => Flow | undefined;

export interface FoundFlow extends Flow {
  readonly line: string;
}

/** The entry of what one client port sent to an address. */
export function flowIn(
  listing: string,
  parseFlow: ParseFlow,
  from: { readonly dst: string; readonly clientPort: number },
): FoundFlow | undefined {
  for (const line of listing.split('\n')) {
    const flow = parseFlow(line);
    if (flow?.original.dst === from.dst && flow.original.sport === from.clientPort) return { ...flow, line };
  }
  return undefined;
}

/** An entry in four lines: what comes before the tuples, the tuple of either direction, the rest. */
export function splitFlowLine(line: string): readonly string[] {
  const tuple = String.raw`src=\S+ dst=\S+ sport=\d+ dport=\d+`;
  const parts = new RegExp(`^(.*?) (${tuple})(.*?) (${tuple})(.*)$`).exec(squeeze(line));
  return parts === null
    ? [line]
    : parts
        .slice(1)
        .map((part) => part.trim())
        .filter((part) => part !== '');
}

export interface ListeningSocket {
  /** The line of `ss -Hltunp`, its columns one blank apart. */
  readonly line: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

/** What a process listens on. */
export function socketsOf(listing: string, pid: number): readonly ListeningSocket[] {
  return listing.split('\n').flatMap((raw) => {
    const line = squeeze(raw);
    const [netid, , , , local = ''] = line.split(' ');
    if (!line.includes(`pid=${pid},`)) return [];
    return [
      { line, protocol: netid === 'udp' ? 'UDP' : 'TCP', port: Number(local.replace(/^.*:/, '')) } as const,
    ];
  });
}

/** The lines of `ss -Hlwnp` for the raw sockets that a process has for SCTP, their columns one blank apart. */
export function rawSocketsOf(listing: string, pid: number): readonly string[] {
  return listing
    .split('\n')
    .map(squeeze)
    .filter((line) => line.includes(`pid=${pid},`) && / \S+:(132|sctp) /.test(line));
}

/** The sum of a metric's samples that have all these labels; undefined when there are none. */
export function metricIn(
  exposition: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const values = exposition
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** How often each endpoint of a Service was picked. */
export function picksIn(
  exposition: string,
  service: ShownService,
  ips: readonly string[],
): readonly number[] {
  return ips.map((ip) => {
    const endpoint = hostPort(ip, service.endpointPort);
    const labels = { service: service.name, endpoint };
    return metricIn(exposition, 'kubeportal_endpoint_picks_total', labels) ?? 0;
  });
}

/** Whether `size` takers came one after another, each once in every round. */
export function isInTurn(takers: readonly (string | undefined)[], size: number): boolean {
  const round = takers.slice(0, size);
  return (
    takers.length >= size &&
    new Set(round).size === size &&
    takers.every((taker, at) => taker !== undefined && taker === round[at % size])
  );
}

export function squeeze(line: string): string {
  return line.trim().replaceAll(/\s+/g, ' ');
}
