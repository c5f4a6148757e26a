// rules/port-tree.ts: PURE. Rules that close a set of ports, few and quickly walked: runs of ports become ranges,
// fifteen items fit in one multiport rule, and what does not fit is split over chains by two bits of the port a level.
import type { IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import type { Disposition } from './portal.js';
import { portRangeMatch, protocolOption } from './portal-key.js';

/** xt_multiport holds fifteen numbers; a range takes two. */
const maxNumbers = 15;
const portBits = 16;

const verdicts = ['refuse', 'drop'] as const;

type Verdict = Exclude<Disposition, 'serve'>;

/** Ascending, no port twice. */
export type ClosedPorts = Readonly<Record<Verdict, readonly number[]>>;

export interface PortTree {
  /** The rules for `rootChain`, at most two (a verdict each) for this protocol. */
  readonly root: readonly string[];
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

export function portTree(
  ports: ClosedPorts,
  protocol: Protocol,
  ipFamily: IpFamily,
  rootChain: string,
): PortTree {
  const chains = new Map<string, readonly string[]>();
  const option = protocolOption(protocol);

  /** Ports that fit in a rule for each verdict, or a way to the chain that has more rules for them. */
  function entries(group: ClosedPorts): readonly string[] {
    const packed = verdicts.map((verdict) => ({ verdict, ...packPorts(group[verdict]) }));
    if (packed.every(({ numbers }) => numbers <= maxNumbers)) {
      return packed
        .filter(({ numbers }) => numbers > 0)
        .map(({ items, verdict }) => {
          const target = targetOf(verdict, protocol, ipFamily);
          return `-p ${option} -m multiport --dports ${items.join(',')} ${target}`;
        });
    }
    const first = Math.min(...verdicts.map((verdict) => group[verdict][0] ?? Number.POSITIVE_INFINITY));
    const last = Math.max(...verdicts.map((verdict) => group[verdict].at(-1) ?? 0));
    const bits = sharedPortBits(first, last);
    const size = 2 ** (portBits - bits);
    const low = first - (first % size);
    const hex = low.toString(16).padStart(4, '0');
    const name = `${rootChain}-${protocol.charAt(0)}${hex}-${bits}`;
    chains.set(name, []); // before its branches, as one reads them
    chains.set(name, split(group, low, size / 4).flatMap(entries));
    const match = bits === 0 ? `-p ${option}` : portRangeMatch(option, low, low + size - 1);
    return [`${match} -g ${name}`];
  }

  return { root: entries(ports), chains };
}

/** Refused: what a client is told as if nobody listened: a reset, or ICMP port unreachable where there are no resets. */
function targetOf(verdict: Verdict, protocol: Protocol, ipFamily: IpFamily): string {
  if (verdict === 'drop') return '-j DROP';
  const ofFamily = ipFamily === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return `-j REJECT --reject-with ${protocol === 'TCP' ? 'tcp-reset' : ofFamily}`;
}

/** `30000:30004`, `30007`: items of a multiport list, and how many numbers they take. */
function packPorts(ports: readonly number[]): { items: readonly string[]; numbers: number } {
  const items: string[] = [];
  let numbers = 0;
  for (let at = 0; at < ports.length; ) {
    const low = ports[at] ?? 0;
    let run = 1;
    while (ports[at + run] === low + run) run += 1;
    // Two neighbours are no shorter as a range.
    if (run < 3) run = 1;
    items.push(run === 1 ? `${low}` : `${low}:${low + run - 1}`);
    numbers += run === 1 ? 1 : 2;
    at += run;
  }
  return { items, numbers };
}

function sharedPortBits(first: number, last: number): number {
  let bits = portBits;
  while (bits > 0 && first >> (portBits - bits) !== last >> (portBits - bits)) bits -= 2;
  return bits;
}

/** The four blocks of `size` ports each that begin at `low`. */
function split(ports: ClosedPorts, low: number, size: number): readonly ClosedPorts[] {
  const blocks = [0, 1, 2, 3].map((): Record<Verdict, number[]> => ({ refuse: [], drop: [] }));
  for (const verdict of verdicts) {
    for (const port of ports[verdict]) blocks[Math.floor((port - low) / size)]?.[verdict].push(port);
  }
  return blocks;
}
