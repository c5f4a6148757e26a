// model/cidr.ts: address ranges as Kubernetes writes them (`10.0.0.0/8`, `fd00::/64`), in one canonical spelling each.
import { canonicalIp, type IpFamily, ipFamilyOf, looseIp } from './ip.js';

export interface Cidr {
  /** The network's first address and the prefix length. */
  readonly text: string;
  readonly ipFamily: IpFamily;
  readonly prefixLength: number;
}

/**
 * undefined when `text` is no CIDR. Bits beyond the prefix are cleared and leading zeros read as decimal, as kube-proxy
 * does: `010.1.2.3/08` is 10.0.0.0/8.
 */
export function cidrOf(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const ip = looseIp(address);
  const ipFamily = ip === undefined ? undefined : ipFamilyOf(ip);
  if (ip === undefined || ipFamily === undefined || length === '') return undefined;
  const prefixLength = Number(length);
  if (prefixLength > (ipFamily === 'IPv4' ? 32 : 128)) return undefined;
  const network = ipFamily === 'IPv4' ? networkOfIPv4(ip, prefixLength) : networkOfIPv6(ip, prefixLength);
  return { text: `${network}/${prefixLength}`, ipFamily, prefixLength };
}

/** False too for an address of the other family. */
export function isInCidr(ip: string, { text, prefixLength }: Cidr): boolean {
  return cidrOf(`${ip}/${prefixLength}`)?.text === text;
}

function networkOfIPv4(ip: string, prefixLength: number): string {
  return masked(ip.split('.').map(Number), 8, prefixLength).join('.');
}

function networkOfIPv6(ip: string, prefixLength: number): string {
  const network = masked(groupsOf(ip), 16, prefixLength).map((group) => group.toString(16));
  return canonicalIp(network.join(':')) ?? ip;
}

/** The first `prefixLength` bits of parts of `width` bits each. */
function masked(parts: readonly number[], width: number, prefixLength: number): readonly number[] {
  return parts.map((part, index) => {
    const kept = Math.min(Math.max(prefixLength - index * width, 0), width);
    return part & (((1 << kept) - 1) << (width - kept));
  });
}

/** The eight groups of an IPv6 address; its last two may be written as an IPv4 address. */
function groupsOf(ip: string): readonly number[] {
  const plain = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail = []] = plain
    .split('::')
    .map((side) => (side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16))));
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
