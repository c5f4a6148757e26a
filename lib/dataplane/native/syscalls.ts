// dataplane/native/syscalls.ts: every C function that this data plane calls, each once, with its type. Loading the module
// loads libc through koffi and throws where that is not possible.
// Each returns what the C function returns, or errno negated: hot paths compare numbers, others use check().
// Pointers are numbers: NativeMemory.address plus an offset. A call costs 0.2-0.3 microseconds beside the kernel's part.
import koffi from 'koffi';

/** libc is part of the process already, whichever it is: glibc's and musl's file names need not be known. */
const libc = koffi.load(null);

const { errno } = koffi;

type NumberFunction = (...args: readonly number[]) => number;

/** `prototype` in C without names: `int close(int)`; a pointer is a size_t. */
function declare(prototype: string): NumberFunction {
  const call: NumberFunction = libc.func(prototype);
  return call;
}

// Fixed numbers of parameters instead of one wrapper with `...args`: that would allocate an array for each call.
const c = {
  socket: declare('int socket(int, int, int)'),
  socketpair: declare('int socketpair(int, int, int, size_t)'),
  bind: declare('int bind(int, size_t, uint32_t)'),
  listen: declare('int listen(int, int)'),
  accept4: declare('int accept4(int, size_t, size_t, int)'),
  connect: declare('int connect(int, size_t, uint32_t)'),
  shutdown: declare('int shutdown(int, int)'),
  getsockname: declare('int getsockname(int, size_t, size_t)'),
  setsockopt: declare('int setsockopt(int, int, int, size_t, uint32_t)'),
  getsockopt: declare('int getsockopt(int, int, int, size_t, size_t)'),
  recv: declare('int64_t recv(int, size_t, size_t, int)'),
  send: declare('int64_t send(int, size_t, size_t, int)'),
  recvmmsg: declare('int recvmmsg(int, size_t, uint32_t, int, size_t)'),
  sendmmsg: declare('int sendmmsg(int, size_t, uint32_t, int)'),
  splice: declare('int64_t splice(int, size_t, int, size_t, size_t, uint32_t)'),
  pipe2: declare('int pipe2(size_t, int)'),
  fcntl: declare('int fcntl(int, int, int)'),
  ioctl: declare('int ioctl(int, size_t, size_t)'),
  eventfd: declare('int eventfd(uint32_t, int)'),
  read: declare('int64_t read(int, size_t, size_t)'),
  write: declare('int64_t write(int, size_t, size_t)'),
  close: declare('int close(int)'),
  epollCreate1: declare('int epoll_create1(int)'),
  epollCtl: declare('int epoll_ctl(int, int, int, size_t)'),
  epollWait: declare('int epoll_wait(int, size_t, int, int)'),
};

function orErrno(result: number): number {
  return result < 0 ? -errno() : result;
}

export const socket = (family: number, type: number, protocol: number): number =>
  orErrno(c.socket(family, type, protocol));

export const socketpair = (family: number, type: number, protocol: number, fds: number): number =>
  orErrno(c.socketpair(family, type, protocol, fds));

export const bind = (fd: number, sockaddr: number, length: number): number =>
  orErrno(c.bind(fd, sockaddr, length));

export const listen = (fd: number, backlog: number): number => orErrno(c.listen(fd, backlog));

export const accept4 = (fd: number, sockaddr: number, length: number, flags: number): number =>
  orErrno(c.accept4(fd, sockaddr, length, flags));

export const connect = (fd: number, sockaddr: number, length: number): number =>
  orErrno(c.connect(fd, sockaddr, length));

export const shutdown = (fd: number, how: number): number => orErrno(c.shutdown(fd, how));

export const getsockname = (fd: number, sockaddr: number, length: number): number =>
  orErrno(c.getsockname(fd, sockaddr, length));

export const setsockopt = (fd: number, level: number, name: number, value: number, length: number): number =>
  orErrno(c.setsockopt(fd, level, name, value, length));

export const getsockopt = (fd: number, level: number, name: number, value: number, length: number): number =>
  orErrno(c.getsockopt(fd, level, name, value, length));

export const recv = (fd: number, buffer: number, length: number, flags: number): number =>
  orErrno(c.recv(fd, buffer, length, flags));

export const send = (fd: number, buffer: number, length: number, flags: number): number =>
  orErrno(c.send(fd, buffer, length, flags));

/** Without a timeout: all our descriptors are non-blocking. */
export const recvmmsg = (fd: number, headers: number, count: number, flags: number): number =>
  orErrno(c.recvmmsg(fd, headers, count, flags, 0));

export const sendmmsg = (fd: number, headers: number, count: number, flags: number): number =>
  orErrno(c.sendmmsg(fd, headers, count, flags));

/** Of streams, so without offsets. */
export const splice = (from: number, to: number, length: number, flags: number): number =>
  orErrno(c.splice(from, 0, to, 0, length, flags));

export const pipe2 = (fds: number, flags: number): number => orErrno(c.pipe2(fds, flags));

export const fcntl = (fd: number, command: number, value: number): number =>
  orErrno(c.fcntl(fd, command, value));

export const ioctl = (fd: number, request: number, argument: number): number =>
  orErrno(c.ioctl(fd, request, argument));

export const eventfd = (initial: number, flags: number): number => orErrno(c.eventfd(initial, flags));

export const read = (fd: number, buffer: number, length: number): number =>
  orErrno(c.read(fd, buffer, length));

export const write = (fd: number, buffer: number, length: number): number =>
  orErrno(c.write(fd, buffer, length));

/** Called by descriptors.ts alone, which knows who owns what. */
export const close = (fd: number): number => orErrno(c.close(fd));

export const epollCreate1 = (flags: number): number => orErrno(c.epollCreate1(flags));

export const epollCtl = (epoll: number, operation: number, fd: number, event: number): number =>
  orErrno(c.epollCtl(epoll, operation, fd, event));

export const epollWait = (epoll: number, events: number, count: number, timeoutMs: number): number =>
  orErrno(c.epollWait(epoll, events, count, timeoutMs));
