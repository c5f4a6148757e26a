// dataplane/sctp/wire/icmp.ts: reads the ICMP errors (RFC 792, RFC 1191, RFC 4443) that answer our packets, and writes the
// one that tells a sender that its packets are too big. Pure.
import { chunkHeader, commonHeader, IPPROTO_SCTP, initChunk } from './format.js';
import {
  dontFragment,
  type IpHeader,
  internetChecksum,
  ipv4Header,
  ipv4HeaderLength,
  ipv6Header,
  writeIpv4Header,
  writeIpv6Header,
} from './ip-header.js';
import { type IpWords, isIpv4, readIpv4, readIpv6 } from './ip-words.js';

export const icmpHeaderBytes = 8;
const unreachable = 3;
const fragmentationNeeded = 4;
const unreachableV6 = 1;
const packetTooBigV6 = 2;
/** "Unrecognized next header": how a host without SCTP says so, where IPv4 has "protocol unreachable" (RFC 4443, 3.4). */
const parameterProblemV6 = { type: 4, unknownProtocol: 1 };

/** Paths may not be narrower than this (RFC 1122, section 3.3.3; RFC 8200, section 5): less is a lie. */
export const leastMtu = { IPv4: 576, IPv6: 1280 } as const;

/** What an ICMP error says about which packet of ours. One object is used again and again. */
export class IcmpError {
  kind: 'unreachable' | 'too-big' = 'unreachable';
  /** Of the next hop, in bytes, where it is too-big. */
  mtu = 0;
  /** Of the quoted packet. */
  readonly source: IpWords = new Int32Array(4);
  readonly destination: IpWords = new Int32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  tag = 0;
  /** Tag inside of a quoted INIT; 0: it is not quoted so far, or another chunk. */
  initiateTag = 0;
  /** Of the quoted packet's IP payload, as it was sent. */
  payloadLength = 0;

  /** Of the ICMP message at [start, end). False: not about a packet of SCTP, or nothing that we act on. */
  read(ipFamily: 'IPv4' | 'IPv6', bytes: Buffer, start: number, end: number): boolean {
    if (end - start < icmpHeaderBytes) return false;
    const type = bytes[start] ?? 0;
    const code = bytes[start + 1] ?? 0;
    if (ipFamily === 'IPv4') {
      if (type !== unreachable) return false;
      this.kind = code === fragmentationNeeded ? 'too-big' : 'unreachable';
      // Routers from before RFC 1191 leave it at 0.
      this.mtu = Math.max(bytes.readUInt16BE(start + 6), leastMtu.IPv4);
      return this.#readIpv4(bytes, start + icmpHeaderBytes, end);
    }
    const isUnknownProtocol = type === parameterProblemV6.type && code === parameterProblemV6.unknownProtocol;
    if (type !== unreachableV6 && type !== packetTooBigV6 && !isUnknownProtocol) return false;
    this.kind = type === packetTooBigV6 ? 'too-big' : 'unreachable';
    this.mtu = Math.max(Math.min(bytes.readUInt32BE(start + 4), 65_535), leastMtu.IPv6);
    return this.#readIpv6(bytes, start + icmpHeaderBytes, end);
  }

  #readIpv4(bytes: Buffer, at: number, end: number): boolean {
    const headerLength = ipv4HeaderLength(bytes, at, end);
    if (headerLength === -1 || bytes[at + ipv4Header.protocol] !== IPPROTO_SCTP) return false;
    // Of a later fragment, which has no SCTP header.
    if ((bytes.readUInt16BE(at + ipv4Header.fragment) & 0x1fff) !== 0) return false;
    readIpv4(bytes, at + ipv4Header.source, this.source);
    readIpv4(bytes, at + ipv4Header.destination, this.destination);
    this.payloadLength = Math.max(0, bytes.readUInt16BE(at + ipv4Header.totalLength) - headerLength);
    return this.#readSctp(bytes, at + headerLength, end);
  }

  #readIpv6(bytes: Buffer, at: number, end: number): boolean {
    if (end - at < ipv6Header.size || bytes[at + ipv6Header.nextHeader] !== IPPROTO_SCTP) return false;
    readIpv6(bytes, at + ipv6Header.source, this.source);
    readIpv6(bytes, at + ipv6Header.destination, this.destination);
    this.payloadLength = bytes.readUInt16BE(at + ipv6Header.payloadLength);
    return this.#readSctp(bytes, at + ipv6Header.size, end);
  }

  /** Eight bytes are always quoted: both ports and the tag. */
  #readSctp(bytes: Buffer, at: number, end: number): boolean {
    if (end - at < commonHeader.checksum) return false;
    this.sourcePort = bytes.readUInt16BE(at + commonHeader.sourcePort);
    this.destinationPort = bytes.readUInt16BE(at + commonHeader.destinationPort);
    this.tag = bytes.readInt32BE(at + commonHeader.tag);
    const chunk = at + commonHeader.size;
    const hasInit = end >= chunk + initChunk.initiateTag + 4 && bytes[chunk] === 1;
    this.initiateTag = hasInit ? bytes.readInt32BE(chunk + initChunk.initiateTag) : 0;
    return true;
  }
}

/** A packet as its sender knows it. */
export interface QuotedPacket {
  readonly source: IpWords;
  readonly destination: IpWords;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tag: number;
  /** Bytes of the SCTP packet. */
  readonly length: number;
}

/** A quoted SCTP packet: its common header and the head of a DATA chunk, so that a receiver has no INIT to look into. */
const quotedBytes = commonHeader.size + chunkHeader.size;

/** "Fragmentation needed" or "packet too big" at `at`; returns where it ends. ICMPv6's checksum is the kernel's. */
export function writeTooBig(bytes: Buffer, at: number, quoted: QuotedPacket, mtu: number): number {
  const isV4 = isIpv4(quoted.source);
  const header = at + icmpHeaderBytes;
  const sctp = header + (isV4 ? ipv4Header.size : ipv6Header.size);
  const end = sctp + quotedBytes;
  bytes.fill(0, at, end);
  bytes[at] = isV4 ? unreachable : packetTooBigV6;
  bytes[at + 1] = isV4 ? fragmentationNeeded : 0;
  bytes.writeUInt32BE(mtu, at + 4);
  const ip: IpHeader = { ...quoted, protocol: IPPROTO_SCTP, payloadLength: quoted.length };
  if (isV4) {
    writeIpv4Header(bytes, header, ip, dontFragment, 0);
    bytes.writeUInt16BE(internetChecksum(bytes, header, sctp), header + 10);
  } else writeIpv6Header(bytes, header, ip);
  bytes.writeUInt16BE(quoted.sourcePort, sctp + commonHeader.sourcePort);
  bytes.writeUInt16BE(quoted.destinationPort, sctp + commonHeader.destinationPort);
  bytes.writeInt32BE(quoted.tag, sctp + commonHeader.tag);
  bytes.writeUInt16BE(chunkHeader.size, sctp + commonHeader.size + chunkHeader.length);
  if (isV4) bytes.writeUInt16BE(internetChecksum(bytes, at, end), at + 2);
  return end;
}
