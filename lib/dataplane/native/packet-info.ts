// dataplane/native/packet-info.ts: the local address that a datagram was sent to (IP_PKTINFO, ip(7); IPV6_PKTINFO, RFC
// 3542), and the control message that makes a reply leave from it.
import type { IpFamily } from '../../model/ip.js';
import { IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO } from './abi/constants.js';
import { cmsghdr, cmsgSpace, in6Pktinfo, inPktinfo } from './abi/layouts.js';
import { formatIpv4, formatIpv6 } from './socket-address.js';

/** In bytes; CMSG_SPACE of what the kernel hands us. */
export function controlLength(ipFamily: IpFamily): number {
  return cmsgSpace(ipFamily === 'IPv4' ? inPktinfo.size : in6Pktinfo.size);
}

/** Offset of the address itself: IPv4's ipi_spec_dst, which is the one to reply from. */
export function localAddressOffset(ipFamily: IpFamily): number {
  return cmsghdr.size + (ipFamily === 'IPv4' ? inPktinfo.specDst : in6Pktinfo.addr);
}

export function localAddressOf(control: Buffer, offset: number, ipFamily: IpFamily): string {
  const at = offset + localAddressOffset(ipFamily);
  return ipFamily === 'IPv4' ? formatIpv4(control, at) : formatIpv6(control, at);
}

/** Turns a received control message, copied, into one for sending: the same address, and the route's own interface. */
export function makeReplyControl(control: Buffer, offset: number, ipFamily: IpFamily): void {
  const data = offset + cmsghdr.size;
  if (ipFamily === 'IPv4') {
    control.writeUInt32LE(0, data + inPktinfo.ifindex);
    control.writeUInt32LE(0, data + inPktinfo.addr);
    return;
  }
  // fe80::/10 means something only together with its link (RFC 4007).
  const isLinkLocal = control[data] === 0xfe && ((control[data + 1] ?? 0) & 0xc0) === 0x80;
  if (!isLinkLocal) control.writeUInt32LE(0, data + in6Pktinfo.ifindex);
}

/** Whether the kernel has sent what we asked for. */
export function isPacketInfo(control: Buffer, offset: number, ipFamily: IpFamily): boolean {
  const level = control.readInt32LE(offset + cmsghdr.level);
  const type = control.readInt32LE(offset + cmsghdr.type);
  return ipFamily === 'IPv4'
    ? level === IPPROTO_IP && type === IP_PKTINFO
    : level === IPPROTO_IPV6 && type === IPV6_PKTINFO;
}
