// dataplane/native/abi/layouts.ts: sizes and offsets, in bytes, of the C structs that our calls read and write.
// 64-bit little-endian Linux only. musl declares some lengths as 32 bits and padding where glibc has 64: written as 64
// bits they mean the same to both. A test compares all of it with what C compilers say, and the self-test with the kernel.
import { arch } from 'node:process';

/** <sys/epoll.h>; packed on x86-64 alone (EPOLL_PACKED), so that 32-bit programs see the same. */
export function epollEventOf(architecture: string): Readonly<Record<'size' | 'events' | 'data', number>> {
  return architecture === 'x64' ? { size: 12, events: 0, data: 4 } : { size: 16, events: 0, data: 8 };
}

export const epollEvent = epollEventOf(arch);

/** <netinet/in.h> */
export const sockaddrIn = { size: 16, family: 0, port: 2, addr: 4 };
export const sockaddrIn6 = { size: 28, family: 0, port: 2, addr: 8, scopeId: 24 };
export const inPktinfo = { size: 12, ifindex: 0, specDst: 4, addr: 8 };
export const in6Pktinfo = { size: 20, addr: 0, ifindex: 16 };

/** <sys/uio.h> */
export const iovec = { size: 16, base: 0, len: 8 };

/** <sys/socket.h>; mmsghdr with _GNU_SOURCE. */
export const msghdr = { size: 56, name: 0, namelen: 8, iov: 16, iovlen: 24, control: 32, controllen: 40 };
export const mmsghdr = { size: 64, hdr: 0, len: 56 };
export const cmsghdr = { size: 16, len: 0, level: 8, type: 12 };
export const linger = { size: 8, onoff: 0, seconds: 4 };

/** CMSG_SPACE(3): header and data, each rounded up to 8 bytes. */
export function cmsgSpace(dataBytes: number): number {
  return cmsghdr.size + Math.ceil(dataBytes / 8) * 8;
}

/** Every struct above. Hot code imports the one it needs; whoever checks them all takes this, or one that differs. */
export const layouts = {
  epollEvent,
  sockaddrIn,
  sockaddrIn6,
  inPktinfo,
  in6Pktinfo,
  iovec,
  msghdr,
  mmsghdr,
  cmsghdr,
  linger,
} as const;

export type Layouts = typeof layouts;
