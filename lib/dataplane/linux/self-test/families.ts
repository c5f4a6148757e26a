// dataplane/linux/self-test/families.ts: what differs between IPv4 and IPv6 for the self-test, read and written by the
// layouts it is given.
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  IPV6_RECVPKTINFO,
} from '../../native/abi/constants.js';
import type { Layouts } from '../../native/abi/layouts.js';
import { ipv4Bytes, ipv6Bytes } from '../../native/socket-address.js';

export interface Family {
  readonly af: number;
  readonly loopback: string;
  /** An address of loopback that a bound socket does not send from by itself; IPv6 has no second one. */
  readonly replyFrom: string;
  /** The structs' names in C. */
  readonly structs: { readonly sockaddr: string; readonly pktinfo: string };
  readonly sockaddr: {
    readonly size: number;
    readonly family: number;
    readonly port: number;
    readonly addr: number;
  };
  readonly pktinfo: {
    readonly size: number;
    readonly ifindex: number;
    /** The address that a datagram was delivered to, or is to be sent from. */
    readonly local: number;
    /** The one in its header. */
    readonly destination: number;
  };
  readonly level: number;
  readonly receiveOption: number;
  readonly messageType: number;
  bytesOf(ip: string): Uint8Array;
}

export function ipv4(layouts: Layouts): Family {
  const { inPktinfo, sockaddrIn } = layouts;
  return {
    af: AF_INET,
    loopback: '127.0.0.1',
    replyFrom: '127.0.0.2',
    structs: { sockaddr: 'struct sockaddr_in', pktinfo: 'struct in_pktinfo' },
    sockaddr: sockaddrIn,
    pktinfo: { ...inPktinfo, local: inPktinfo.specDst, destination: inPktinfo.addr },
    level: IPPROTO_IP,
    receiveOption: IP_PKTINFO,
    messageType: IP_PKTINFO,
    bytesOf: ipv4Bytes,
  };
}

export function ipv6(layouts: Layouts): Family {
  const { in6Pktinfo, sockaddrIn6 } = layouts;
  return {
    af: AF_INET6,
    loopback: '::1',
    replyFrom: '::1',
    structs: { sockaddr: 'struct sockaddr_in6', pktinfo: 'struct in6_pktinfo' },
    sockaddr: sockaddrIn6,
    pktinfo: { ...in6Pktinfo, local: in6Pktinfo.addr, destination: in6Pktinfo.addr },
    level: IPPROTO_IPV6,
    receiveOption: IPV6_RECVPKTINFO,
    messageType: IPV6_PKTINFO,
    bytesOf: ipv6Bytes,
  };
}

/** A sockaddr in room for one of any layout; only its first `sockaddr.size` bytes are to be passed on. */
export function sockaddrOf({ af, sockaddr, bytesOf }: Family, ip: string, port: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt16LE(af, sockaddr.family);
  bytes.writeUInt16BE(port, sockaddr.port);
  bytes.set(bytesOf(ip), sockaddr.addr);
  return bytes.subarray(0, sockaddr.size);
}

/** `length: family port address`, the last one in hex, as the layout finds them in a name that the kernel wrote. */
export function readSockaddr({ sockaddr, bytesOf, loopback }: Family, name: Buffer): string {
  const room = Buffer.concat([name, Buffer.alloc(64)]);
  const address = room.toString('hex', sockaddr.addr, sockaddr.addr + bytesOf(loopback).length);
  return `${name.length}: ${room.readUInt16LE(sockaddr.family)} ${room.readUInt16BE(sockaddr.port)} ${address}`;
}

/** What readSockaddr() has to find. Not read by the layout: a wrong one would mislead both in the same way. */
export function expectedSockaddr({ af, sockaddr, bytesOf }: Family, ip: string, port: number): string {
  return `${sockaddr.size}: ${af} ${port} ${hex(bytesOf(ip))}`;
}

/** The control message that makes a datagram leave from `ip`, by whichever interface the route says. */
export function controlOf(family: Family, { cmsghdr }: Layouts, ip: string): Buffer {
  const { level, messageType, pktinfo, bytesOf } = family;
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32LE(cmsghdr.size + pktinfo.size, cmsghdr.len);
  bytes.writeInt32LE(level, cmsghdr.level);
  bytes.writeInt32LE(messageType, cmsghdr.type);
  bytes.set(bytesOf(ip), cmsghdr.size + pktinfo.local);
  return bytes.subarray(0, controlSpace(family, cmsghdr.size));
}

/** CMSG_SPACE */
function controlSpace({ pktinfo }: Family, headerSize: number): number {
  return headerSize + Math.ceil(pktinfo.size / 8) * 8;
}

/** `length: cmsg_len level type interface local destination`, addresses in hex, as the layouts find them. */
export function readControl(family: Family, { cmsghdr }: Layouts, control: Buffer): string {
  const { pktinfo, bytesOf, loopback } = family;
  const room = Buffer.concat([control, Buffer.alloc(64)]);
  const addresses = [pktinfo.local, pktinfo.destination].map((offset) => {
    const start = cmsghdr.size + offset;
    return room.toString('hex', start, start + bytesOf(loopback).length);
  });
  return [
    `${control.length}:`,
    room.readUInt32LE(cmsghdr.len),
    room.readInt32LE(cmsghdr.level),
    room.readInt32LE(cmsghdr.type),
    room.readUInt32LE(cmsghdr.size + pktinfo.ifindex),
    ...addresses,
  ].join(' ');
}

/** What readControl() has to find of a datagram that came to `ip` by interface `ifindex`. */
export function expectedControl(family: Family, { cmsghdr }: Layouts, ip: string, ifindex: number): string {
  const { level, messageType, pktinfo, bytesOf } = family;
  const address = hex(bytesOf(ip));
  const length = controlSpace(family, cmsghdr.size);
  return `${length}: ${cmsghdr.size + pktinfo.size} ${level} ${messageType} ${ifindex} ${address} ${address}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
