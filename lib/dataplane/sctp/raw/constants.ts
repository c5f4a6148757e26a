// dataplane/sctp/raw/constants.ts: the kernel's numbers for raw sockets, with the header that each comes from; beside those
// in ../../native/abi/constants.ts. The same on x86-64 and arm64.

/** <sys/socket.h>, <asm-generic/socket.h> */
export const SOCK_RAW = 3;
export const SO_ATTACH_FILTER = 26;
export const SO_DETACH_FILTER = 27;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

/** <netinet/in.h> */
export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;
export { IPPROTO_SCTP } from '../wire/format.js';
export const IP_HDRINCL = 3;
export const IP_MTU = 14;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
/** Fragments what is too big; refuses it with EMSGSIZE. */
export const IPV6_PMTUDISC_WANT = 1;
export const IPV6_PMTUDISC_DO = 2;

/** <linux/icmp.h>, <linux/icmpv6.h>, <sys/socket.h>: SOL_RAW and SOL_ICMPV6 with one option each. */
export const SOL_RAW = 255;
export const ICMP_FILTER = 1;
export const ICMPV6_FILTER = 1;
