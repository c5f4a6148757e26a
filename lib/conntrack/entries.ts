// conntrack/entries.ts: the kernel's connection tracking entries as data, read from what `conntrack -L` prints.
import type { IpFamily } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';

export interface Tuple {
  /** Canonical spelling: the tool prints with inet_ntop. */
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

/** One flow. NAT shows as a reply that does not mirror the original. */
export interface ConntrackEntry {
  /** As printed: `tcp`, `udp`, `sctp`. */
  readonly protocol: string;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** `UNREPLIED`, `ASSURED`, `OFFLOAD` …, without the brackets. */
  readonly flags: readonly string[];
}

export class ConntrackError extends Error {
  override readonly name = 'ConntrackError';
}

/** Original destination. */
export interface ListFilter {
  readonly origDst?: string;
  readonly origDstPort?: number;
}

/**
 * All flows of one protocol and family that pass the filter, in one run. Rejects with ExecError when the tool is missing,
 * with ConntrackError when the kernel refuses (no CAP_NET_ADMIN).
 */
export async function listConntrack(
  exec: Exec,
  protocol: 'tcp' | 'udp' | 'sctp',
  ipFamily: IpFamily,
  { origDst, origDstPort }: ListFilter = {},
): Promise<readonly ConntrackEntry[]> {
  const dst = origDst === undefined ? [] : ['--orig-dst', origDst];
  const port = origDstPort === undefined ? [] : ['--orig-port-dst', String(origDstPort)];
  const args = ['-L', '-p', protocol, '-f', ipFamily.toLowerCase(), ...dst, ...port];
  const result = await exec('conntrack', args);
  if (result.status !== 0) {
    throw new ConntrackError(
      `conntrack ${args.join(' ')}: ${result.stderr.trim() || `status ${result.status}`}`,
    );
  }
  return parseConntrack(result.stdout);
}

export function parseConntrack(text: string): readonly ConntrackEntry[] {
  return text.split('\n').flatMap((line) => parseConntrackLine(line) ?? []);
}

/**
 * `udp 17 29 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=… mark=0 use=1`; a TCP state, counters
 * and zones may stand between. One expression, because a table of 262,144 flows is parsed beside the data path
 * (1.3 µs a line; splitting into words cost 5).
 */
const flowLine =
  /^(\w+) .*?\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/;

/** Undefined for a flow without ports, and for what is no flow. */
export function parseConntrackLine(line: string): ConntrackEntry | undefined {
  const match = flowLine.exec(line);
  if (match === null) return undefined;
  const [
    ,
    protocol = '',
    src = '',
    dst = '',
    sport,
    dport,
    replySrc = '',
    replyDst = '',
    replySport,
    replyDport,
  ] = match;
  return {
    protocol,
    original: { src, dst, sport: Number(sport), dport: Number(dport) },
    reply: { src: replySrc, dst: replyDst, sport: Number(replySport), dport: Number(replyDport) },
    flags: line.match(/(?<=\[)\w+(?=\])/g) ?? [],
  };
}
