// dataplane/sctp/raw/raw-transport.ts: sends packets of both families through raw sockets. For IPv4 with a header of our
// own, so that a packet leaves from the address that its client hit; for IPv6 with IPV6_PKTINFO (RFC 3542).
import type { IpFamily } from '../../../model/ip.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
} from '../../native/abi/constants.js';
import {
  cmsghdr,
  cmsgSpace,
  in6Pktinfo,
  iovec,
  msghdr,
  sockaddrIn,
  sockaddrIn6,
} from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import type { PacketMemory, Route, Transport } from '../relay/transport.js';
import { dontFragment, ipv4Header, moreFragments, writeIpv4Header } from '../wire/ip-header.js';
import { isIpv4, unspecified, writeIpv4, writeIpv6 } from '../wire/ip-words.js';
import {
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPV6_MTU_DISCOVER,
  IPV6_PMTUDISC_DO,
  IPV6_PMTUDISC_WANT,
} from './constants.js';
import type { PathMtu } from './path-mtu.js';
import type { RawSockets } from './raw-sockets.js';
import { sendmsg, sendto } from './syscalls.js';

const flags = MSG_DONTWAIT | MSG_NOSIGNAL;

export class RawTransport implements Transport {
  readonly #sockets = new Map<IpFamily, RawSockets>();
  readonly #pathMtu: PathMtu;
  readonly #sockaddr = new NativeMemory(sockaddrIn.size);
  readonly #sockaddr6 = new NativeMemory(sockaddrIn6.size);
  readonly #control = new NativeMemory(cmsgSpace(in6Pktinfo.size));
  readonly #vector = new NativeMemory(iovec.size);
  readonly #message = new NativeMemory(msghdr.size);
  readonly #option = new NativeMemory(8);
  /** Filled in anew for each packet, so that none costs an object. */
  readonly #header = {
    source: unspecified('IPv4'),
    destination: unspecified('IPv4'),
    protocol: 0,
    payloadLength: 0,
  };
  #identification = 0;

  constructor(pathMtu: PathMtu) {
    this.#pathMtu = pathMtu;
    this.#sockaddr.bytes.writeUInt16LE(AF_INET, sockaddrIn.family);
    this.#sockaddr6.bytes.writeUInt16LE(AF_INET6, sockaddrIn6.family);
    const { bytes } = this.#control;
    bytes.writeUInt32LE(cmsghdr.size + in6Pktinfo.size, cmsghdr.len);
    bytes.writeInt32LE(IPPROTO_IPV6, cmsghdr.level);
    bytes.writeInt32LE(IPV6_PKTINFO, cmsghdr.type);
    this.#message.writeWide(this.#sockaddr6.address, msghdr.name);
    this.#message.writeWide(sockaddrIn6.size, msghdr.namelen);
    this.#message.writeWide(this.#vector.address, msghdr.iov);
    this.#message.writeWide(1, msghdr.iovlen);
    this.#message.writeWide(this.#control.address, msghdr.control);
    this.#message.writeWide(this.#control.bytes.length, msghdr.controllen);
  }

  use(sockets: RawSockets): void {
    this.#sockets.set(sockets.ipFamily, sockets);
  }

  send(memory: PacketMemory, at: number, end: number, route: Route): number {
    return isIpv4(route.peer)
      ? this.#sendIpv4(memory, at, end, route, IPPROTO_SCTP, dontFragment, 0)
      : this.#sendIpv6(this.#sockets.get('IPv6')?.sctp, memory, at, end, route);
  }

  sendIcmp(memory: PacketMemory, at: number, end: number, route: Route): number {
    return isIpv4(route.peer)
      ? this.#sendIpv4(memory, at, end, route, IPPROTO_ICMP, 0, 0)
      : this.#sendIpv6(this.#sockets.get('IPv6')?.icmp, memory, at, end, route);
  }

  /** IPv4: each fragment's header is written over the end of the one before, which has been sent by then. */
  sendFragmented(memory: PacketMemory, at: number, end: number, route: Route, mtu: number): number {
    if (!isIpv4(route.peer)) return this.#sendFragmentedIpv6(memory, at, end, route);
    this.#identification = (this.#identification % 0xffff) + 1;
    // Offsets count in units of eight bytes.
    const step = (mtu - ipv4Header.size) & ~7;
    for (let from = at; from < end; from += step) {
      const to = Math.min(from + step, end);
      const fragment = ((from - at) >> 3) | (to < end ? moreFragments : 0);
      const sent = this.#sendIpv4(memory, from, to, route, IPPROTO_SCTP, fragment, this.#identification);
      if (sent < 0) return sent;
    }
    return 0;
  }

  pathMtu(route: Route): number {
    return this.#pathMtu.of(route);
  }

  #sendIpv4(
    memory: PacketMemory,
    at: number,
    end: number,
    route: Route,
    protocol: number,
    fragment: number,
    identification: number,
  ): number {
    const start = at - ipv4Header.size;
    const header = this.#header;
    header.source = route.local;
    header.destination = route.peer;
    header.protocol = protocol;
    header.payloadLength = end - at;
    writeIpv4Header(memory.bytes, start, header, fragment, identification);
    writeIpv4(route.peer, this.#sockaddr.bytes, sockaddrIn.addr);
    const fd = this.#sockets.get('IPv4')?.sctp ?? -1;
    const address = memory.address + start;
    const sent = sendto(fd, address, end - start, flags, this.#sockaddr.address, sockaddrIn.size);
    return Math.min(sent, 0);
  }

  #sendIpv6(fd: number | undefined, memory: PacketMemory, at: number, end: number, route: Route): number {
    const info = cmsghdr.size;
    writeIpv6(route.peer, this.#sockaddr6.bytes, sockaddrIn6.addr);
    this.#sockaddr6.bytes.writeUInt32LE(route.scope, sockaddrIn6.scopeId);
    // Unspecified here means that the kernel chooses.
    writeIpv6(route.local, this.#control.bytes, info + in6Pktinfo.addr);
    this.#control.bytes.writeUInt32LE(route.scope, info + in6Pktinfo.ifindex);
    this.#vector.writeWide(memory.address + at, iovec.base);
    this.#vector.writeWide(end - at, iovec.len);
    return Math.min(sendmsg(fd ?? -1, this.#message.address, flags), 0);
  }

  /** The kernel cuts it up when it is let to. */
  #sendFragmentedIpv6(memory: PacketMemory, at: number, end: number, route: Route): number {
    const fd = this.#sockets.get('IPv6')?.sctp ?? -1;
    this.#discoverMtu(fd, IPV6_PMTUDISC_WANT);
    const sent = this.#sendIpv6(fd, memory, at, end, route);
    this.#discoverMtu(fd, IPV6_PMTUDISC_DO);
    return sent;
  }

  #discoverMtu(fd: number, how: number): void {
    this.#option.words[0] = how;
    sys.setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, this.#option.address, 4);
  }
}
