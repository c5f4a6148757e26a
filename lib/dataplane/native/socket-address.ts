// dataplane/native/socket-address.ts: struct sockaddr_in and sockaddr_in6 (<netinet/in.h>) to and from text.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { IpFamily } from '../../model/ip.js';
import { AF_INET, AF_INET6 } from './abi/constants.js';
import { sockaddrIn, sockaddrIn6 } from './abi/layouts.js';

/** Room for either. */
export const sockaddrRoom = 32;

export function sockaddrSize(ipFamily: IpFamily): number {
  return ipFamily === 'IPv4' ? sockaddrIn.size : sockaddrIn6.size;
}

/** Throws RangeError for what is no address: the model lets none through. */
export function encodeSockaddr({ ip, port }: EndpointAddress): Uint8Array {
  const isIpv6 = ip.includes(':');
  const bytes = Buffer.alloc(isIpv6 ? sockaddrIn6.size : sockaddrIn.size);
  bytes.writeUInt16LE(isIpv6 ? AF_INET6 : AF_INET, sockaddrIn.family);
  bytes.writeUInt16BE(port, sockaddrIn.port);
  bytes.set(isIpv6 ? ipv6Bytes(ip) : ipv4Bytes(ip), isIpv6 ? sockaddrIn6.addr : sockaddrIn.addr);
  return bytes;
}

/** Network order, so that two ports or two addresses are equal where these are. */
export function portOf(sockaddr: Buffer, offset = 0): number {
  return sockaddr.readUInt16BE(offset + sockaddrIn.port);
}

/** A link-local address with its zone, as a number (RFC 4007 §11.2): two links may have hosts of one address. */
export function ipOf(sockaddr: Buffer, ipFamily: IpFamily, offset = 0): string {
  if (ipFamily === 'IPv4') return formatIpv4(sockaddr, offset + sockaddrIn.addr);
  const ip = formatIpv6(sockaddr, offset + sockaddrIn6.addr);
  // The kernel fills it in for link-local addresses alone (ipv6(7)).
  const scopeId = sockaddr.readUInt32LE(offset + sockaddrIn6.scopeId);
  return scopeId === 0 ? ip : `${ip}%${scopeId}`;
}

export function ipv4Bytes(ip: string): Uint8Array {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)))
    throw new RangeError(`not an IPv4 address: ${ip}`);
  return Uint8Array.from(parts);
}

/** Of RFC 4291's text forms; a zone is refused. */
export function ipv6Bytes(ip: string): Uint8Array {
  const [head = '', tail, more] = ip.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - before.length - after.length;
  const wrong = more !== undefined || (tail === undefined ? missing !== 0 : missing < 1);
  const groups = [...before, ...Array.from({ length: Math.max(0, missing) }, () => 0), ...after];
  if (wrong || groups.some((group) => !(group >= 0 && group <= 0xffff)))
    throw new RangeError(`not an IPv6 address: ${ip}`);
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (part.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(part);
      return [(a << 8) | b, (c << 8) | d];
    }
    return /^[0-9a-f]{1,4}$/i.test(part) ? [Number.parseInt(part, 16)] : [Number.NaN];
  });
}

export function formatIpv4(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** As RFC 5952 recommends: lower case, the longest run of zero groups compressed. */
export function formatIpv6(bytes: Uint8Array, offset: number): string {
  const groups = Array.from(
    { length: 8 },
    (_, group) => ((bytes[offset + 2 * group] ?? 0) << 8) | (bytes[offset + 2 * group + 1] ?? 0),
  );
  let start = -1;
  let length = 1;
  for (let first = 0; first < 8; first++) {
    let end = first;
    while (end < 8 && groups[end] === 0) end++;
    if (end - first > length) {
      start = first;
      length = end - first;
    }
    first = Math.max(first, end - 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (start === -1) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
