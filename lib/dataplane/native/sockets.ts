// dataplane/native/sockets.ts: what is done to sockets beside moving bytes: making, options, addresses, a reset. One per
// thread, since it keeps the memory that these calls need.
import type { IpFamily } from '../../model/ip.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPIDLE,
  TCP_NODELAY,
  TIOCOUTQ,
} from './abi/constants.js';
import { linger } from './abi/layouts.js';
import type { Descriptors } from './descriptors.js';
import { NativeMemory } from './native-memory.js';
import { sockaddrRoom } from './socket-address.js';
import * as sys from './syscalls.js';

const openFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

export class Sockets {
  readonly #descriptors: Descriptors;
  readonly #value = new NativeMemory(8);
  readonly #length = new NativeMemory(8);
  readonly #sockaddr = new NativeMemory(sockaddrRoom);
  /** {1, 0}: close() sends a reset and drops what was not sent (socket(7), SO_LINGER). */
  readonly #lingerZero = new NativeMemory(linger.size);

  constructor(descriptors: Descriptors) {
    this.#descriptors = descriptors;
    this.#lingerZero.words[linger.onoff / 4] = 1;
  }

  /** A non-blocking socket, or errno negated. */
  open(ipFamily: IpFamily, protocol: 'TCP' | 'UDP'): number {
    const type = (protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM) | openFlags;
    const fd = sys.socket(ipFamily === 'IPv4' ? AF_INET : AF_INET6, type, 0);
    return fd < 0 ? fd : this.#descriptors.adopt(fd);
  }

  /** An accepted, non-blocking socket, or errno negated; its peer's address is in `sockaddr` then. */
  accept(listeningFd: number): number {
    this.#length.words[0] = sockaddrRoom;
    const fd = sys.accept4(listeningFd, this.#sockaddr.address, this.#length.address, openFlags);
    return fd < 0 ? fd : this.#descriptors.adopt(fd);
  }

  /** The sockaddr of the last accept() or localAddress(), until the next call. */
  get sockaddr(): Buffer {
    return this.#sockaddr.bytes;
  }

  /** 0, or errno negated; -EINPROGRESS: the answer comes as an event. */
  connect(fd: number, sockaddr: Uint8Array): number {
    this.#sockaddr.bytes.set(sockaddr);
    return sys.connect(fd, this.#sockaddr.address, sockaddr.length);
  }

  bind(fd: number, sockaddr: Uint8Array): number {
    this.#sockaddr.bytes.set(sockaddr);
    return sys.bind(fd, this.#sockaddr.address, sockaddr.length);
  }

  /** 0 with the address in `sockaddr`, or errno negated. */
  localAddress(fd: number): number {
    this.#length.words[0] = sockaddrRoom;
    return sys.getsockname(fd, this.#sockaddr.address, this.#length.address);
  }

  /** 0, or errno negated. */
  setOption(fd: number, level: number, option: number, value: number): number {
    this.#value.words[0] = value;
    return sys.setsockopt(fd, level, option, this.#value.address, 4);
  }

  /** What went wrong with the socket since it was last asked: 0, or errno negated. */
  takeError(fd: number): number {
    this.#length.words[0] = 4;
    const result = sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, this.#value.address, this.#length.address);
    return result < 0 ? result : -(this.#value.words[0] ?? 0);
  }

  /** Bytes sent that the peer's kernel has not acknowledged yet (tcp(7), SIOCOUTQ); or errno negated. */
  unacknowledged(fd: number): number {
    const result = sys.ioctl(fd, TIOCOUTQ, this.#value.address);
    return result < 0 ? result : (this.#value.words[0] ?? 0);
  }

  /** Small messages leave at once, what Nagle's algorithm holds back included. On a listener: of all that it accepts. */
  sendAtOnce(fd: number): void {
    this.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  /** A peer that vanished is noticed. On a listener: of all that it accepts. */
  keepAlive(fd: number, delayMs: number): void {
    this.setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    this.setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.round(delayMs / 1000)));
  }

  /** The kernel cuts it to net.core.{r,w}mem_max. */
  setBuffers(fd: number, bytes: number): void {
    this.setOption(fd, SOL_SOCKET, SO_RCVBUF, bytes);
    this.setOption(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  }

  /** Closes a TCP socket so that its peer can't take a cut stream for a whole one. */
  reset(fd: number): void {
    sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, this.#lingerZero.address, linger.size);
    this.#descriptors.close(fd);
  }

  close(fd: number): void {
    this.#descriptors.close(fd);
  }
}
