// dataplane/sctp/raw/syscalls.ts: the C functions for raw sockets that ../../native/syscalls.ts does not have. As there: each
// returns what the C function returns, or errno negated, and pointers are numbers.
import koffi from 'koffi';

const libc = koffi.load(null);
const { errno } = koffi;

type NumberFunction = (...args: readonly number[]) => number;

const cSendto: NumberFunction = libc.func('int64_t sendto(int, size_t, size_t, int, size_t, uint32_t)');
const cSendmsg: NumberFunction = libc.func('int64_t sendmsg(int, size_t, int)');

export function sendto(
  fd: number,
  buffer: number,
  length: number,
  flags: number,
  sockaddr: number,
  sockaddrLength: number,
): number {
  const result = cSendto(fd, buffer, length, flags, sockaddr, sockaddrLength);
  return result < 0 ? -errno() : result;
}

export function sendmsg(fd: number, header: number, flags: number): number {
  const result = cSendmsg(fd, header, flags);
  return result < 0 ? -errno() : result;
}
