// dataplane/sctp/wire/ip-header.ts: IPv4 and IPv6 headers (RFC 791, RFC 8200), as far as the relay writes and quotes them.
// Pure. IPv4's checksum is the kernel's to fill in when it sends.
import { type IpWords, isIpv4, writeIpv4, writeIpv6 } from './ip-words.js';

export const ipv4Header = {
  size: 20,
  totalLength: 2,
  identification: 4,
  fragment: 6,
  timeToLive: 8,
  protocol: 9,
  source: 12,
  destination: 16,
};
export const ipv6Header = {
  size: 40,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
};

/** Bits of IPv4's fragment field; the rest is the offset in units of 8 bytes. */
export const dontFragment = 0x4000;
export const moreFragments = 0x2000;

const hops = 64;

export function ipHeaderBytes(peer: IpWords): number {
  return isIpv4(peer) ? ipv4Header.size : ipv6Header.size;
}

export interface IpHeader {
  readonly source: IpWords;
  readonly destination: IpWords;
  readonly protocol: number;
  /** Of what follows the header, in bytes. */
  readonly payloadLength: number;
}

/** Without options; identification 0 lets the kernel choose one when it sends. */
export function writeIpv4Header(
  bytes: Buffer,
  at: number,
  header: IpHeader,
  fragment: number,
  identification: number,
): void {
  bytes.writeUInt16BE(0x4500, at);
  bytes.writeUInt16BE(ipv4Header.size + header.payloadLength, at + ipv4Header.totalLength);
  bytes.writeUInt16BE(identification, at + ipv4Header.identification);
  bytes.writeUInt16BE(fragment, at + ipv4Header.fragment);
  bytes[at + ipv4Header.timeToLive] = hops;
  bytes[at + ipv4Header.protocol] = header.protocol;
  bytes.writeUInt16BE(0, at + 10);
  writeIpv4(header.source, bytes, at + ipv4Header.source);
  writeIpv4(header.destination, bytes, at + ipv4Header.destination);
}

export function writeIpv6Header(bytes: Buffer, at: number, header: IpHeader): void {
  bytes.writeUInt32BE(0x6000_0000, at);
  bytes.writeUInt16BE(header.payloadLength, at + ipv6Header.payloadLength);
  bytes[at + ipv6Header.nextHeader] = header.protocol;
  bytes[at + ipv6Header.hopLimit] = hops;
  writeIpv6(header.source, bytes, at + ipv6Header.source);
  writeIpv6(header.destination, bytes, at + ipv6Header.destination);
}

/** Length of the IPv4 header at `at`, options included; -1 where it does not fit. */
export function ipv4HeaderLength(bytes: Buffer, at: number, end: number): number {
  if (end - at < ipv4Header.size || (bytes[at] ?? 0) >>> 4 !== 4) return -1;
  const length = ((bytes[at] ?? 0) & 15) << 2;
  return length < ipv4Header.size || length > end - at ? -1 : length;
}

/** RFC 1071. Of an even number of bytes, or with a zero byte after them. */
export function internetChecksum(bytes: Buffer, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at + 1 < end; at += 2) sum += bytes.readUInt16BE(at);
  if ((end - start) % 2 === 1) sum += (bytes[end - 1] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
