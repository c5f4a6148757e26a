// Bound UDP sockets on system calls, for tests of what moves datagrams.
import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
} from '../../../lib/dataplane/native/abi/constants.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { encodeSockaddr, portOf } from '../../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import type { IpFamily } from '../../../lib/model/ip.js';

export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
}

/** <asm-generic/socket.h>: UDP without checksums, for which the kernel refuses UDP_SEGMENT (EINVAL). */
export const SO_NO_CHECK = 11;

export class UdpSockets {
  readonly sockets = new Sockets(new Descriptors(1, createOwnerTable()));
  readonly #open: number[] = [];

  /** Its datagrams are received with the address that they were sent to. */
  bound(ipFamily: IpFamily, ip: string): BoundSocket {
    const fd = this.sockets.open(ipFamily, 'UDP');
    this.#open.push(fd);
    this.sockets.setBuffers(fd, 1024 * 1024);
    if (ipFamily === 'IPv4') this.sockets.setOption(fd, IPPROTO_IP, IP_PKTINFO, 1);
    else this.sockets.setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    this.sockets.bind(fd, encodeSockaddr({ ip, port: 0 }));
    this.sockets.localAddress(fd);
    return { fd, port: portOf(this.sockets.sockaddr) };
  }

  connect(from: BoundSocket, ip: string, port: number): void {
    const result = this.sockets.connect(from.fd, encodeSockaddr({ ip, port }));
    if (result !== 0) throw new Error(`connect: ${result}`);
  }

  /** Somebody else closes it. */
  giveAway({ fd }: BoundSocket): void {
    this.#open.splice(this.#open.indexOf(fd), 1);
  }

  close(): void {
    for (const fd of this.#open) this.sockets.close(fd);
  }
}
