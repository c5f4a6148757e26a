// rules/port-tree.ts: PURE. Rules that reject a set of ports, few and quickly walked: runs of ports become ranges,
// fifteen items fit in one multiport rule, and what does not fit is split over chains by two bits of the port a level.
import type { IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import { portRangeMatch, protocolOption } from './portal-key.js';

/** xt_multiport holds fifteen numbers; a range takes two. */
const maxNumbers = 15;
const portBits = 16;

export interface PortTree {
  /** The rules for `rootChain`, at most one for this protocol. */
  readonly root: readonly string[];
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** @param ports ascending, no duplicates */
export function rejectPorts(
  ports: readonly number[],
  protocol: Protocol,
  ipFamily: IpFamily,
  rootChain: string,
): PortTree {
  const chains = new Map<string, readonly string[]>();
  const option = protocolOption(protocol);
  const reject = `-j REJECT --reject-with ${rejectWith(protocol, ipFamily)}`;

  function entry(group: readonly number[]): string {
    const { items, numbers } = packPorts(group);
    if (numbers <= maxNumbers) return `-p ${option} -m multiport --dports ${items.join(',')} ${reject}`;
    const first = group[0] ?? 0;
    const bits = sharedPortBits(first, group.at(-1) ?? 0);
    const size = 2 ** (portBits - bits);
    const low = first - (first % size);
    const hex = low.toString(16).padStart(4, '0');
    const name = `${rootChain}-${protocol.charAt(0)}${hex}-${bits}`;
    chains.set(name, []); // before its branches, as one reads them
    chains.set(name, split(group, size / 4).map(entry));
    return bits === 0
      ? `-p ${option} -g ${name}`
      : `${portRangeMatch(option, low, low + size - 1)} -g ${name}`;
  }

  return { root: ports.length === 0 ? [] : [entry(ports)], chains };
}

/** What a client is told as if nobody listened: a reset, or ICMP port unreachable where there are no resets. */
function rejectWith(protocol: Protocol, ipFamily: IpFamily): string {
  if (protocol === 'TCP') return 'tcp-reset';
  return ipFamily === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
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

/** Consecutive ports of one aligned block of `size` each. */
function split(ports: readonly number[], size: number): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>();
  for (const port of ports) {
    const block = Math.floor(port / size);
    const group = groups.get(block);
    if (group) group.push(port);
    else groups.set(block, [port]);
  }
  return [...groups.values()];
}
