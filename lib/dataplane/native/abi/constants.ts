// dataplane/native/abi/constants.ts: the kernel's numbers that our calls pass, with the C header each comes from. They
// are the same on x86-64 and arm64 and with glibc and musl; a test compares them with what a C compiler says.

/** <sys/socket.h> */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const MSG_OOB = 0x1;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_MORE = 0x8000;
export const SHUT_WR = 1;

/** <sys/ioctl.h>; tcp(7) knows it as SIOCOUTQ. */
export const TIOCOUTQ = 0x5411;

/** <netinet/in.h> */
export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IP_PKTINFO = 8;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;

/** <netinet/tcp.h> */
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;

/** <netinet/udp.h>; Linux 4.18 */
export const UDP_SEGMENT = 103;

/** <sys/epoll.h>; EPOLLET is bit 31, written as the Int32 that an Int32Array holds. */
export const EPOLL_CLOEXEC = 0x80000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = -0x80000000;

/** <sys/eventfd.h> */
export const EFD_NONBLOCK = 0x800;
export const EFD_CLOEXEC = 0x80000;

/** <fcntl.h> */
export const O_NONBLOCK = 0x800;
export const O_CLOEXEC = 0x80000;
export const F_SETPIPE_SZ = 1031;
export const SPLICE_F_MOVE = 1;
export const SPLICE_F_NONBLOCK = 2;
