// dataplane/sctp/raw/raw-sockets.ts: opens the raw sockets of one IP family: one that gets every packet of SCTP, and one for
// the ICMP errors that answer ours. The main thread opens them, so that whoever asks for a listener learns why not.
import type { IpFamily } from '../../../model/ip.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from '../../native/abi/constants.js';
import type { Descriptors } from '../../native/descriptors.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import { check } from '../../native/system-error.js';
import {
  ICMP_FILTER,
  ICMPV6_FILTER,
  IP_HDRINCL,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPV6_MTU_DISCOVER,
  IPV6_PMTUDISC_DO,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOL_RAW,
} from './constants.js';

export interface RawSockets {
  readonly ipFamily: IpFamily;
  readonly sctp: number;
  readonly icmp: number;
}

/** All associations share one socket: room for the packets of some 10 ms at full speed. */
const bufferBytes = 8 * 1024 * 1024;

/** Throws SystemError; EPERM where the process has no CAP_NET_RAW. Nothing stays open then. */
export function openRawSockets(ipFamily: IpFamily, descriptors: Descriptors): RawSockets {
  const sctp = open(ipFamily, IPPROTO_SCTP, descriptors);
  let icmp = -1;
  try {
    icmp = open(ipFamily, ipFamily === 'IPv4' ? IPPROTO_ICMP : IPPROTO_ICMPV6, descriptors);
    prepareSctp(ipFamily, sctp);
    prepareIcmp(ipFamily, icmp);
    return { ipFamily, sctp, icmp };
  } catch (error) {
    descriptors.close(sctp);
    if (icmp !== -1) descriptors.close(icmp);
    throw error;
  }
}

function open(ipFamily: IpFamily, protocol: number, descriptors: Descriptors): number {
  const family = ipFamily === 'IPv4' ? AF_INET : AF_INET6;
  const fd = sys.socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  return descriptors.adopt(check(fd, 'socket', `raw ${ipFamily}, protocol ${protocol}`));
}

function prepareSctp(ipFamily: IpFamily, fd: number): void {
  if (ipFamily === 'IPv4') mustSet(fd, IPPROTO_IP, IP_HDRINCL, 1, 'IP_HDRINCL');
  else {
    mustSet(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
    mustSet(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, 'IPV6_MTU_DISCOVER');
  }
  setBuffer(fd, SO_RCVBUF, SO_RCVBUFFORCE);
  setBuffer(fd, SO_SNDBUF, SO_SNDBUFFORCE);
}

/** Beyond net.core.{r,w}mem_max where the process may do that (CAP_NET_ADMIN). */
function setBuffer(fd: number, option: number, force: number): void {
  if (setOption(fd, SOL_SOCKET, force, [bufferBytes]) < 0) setOption(fd, SOL_SOCKET, option, [bufferBytes]);
}

/** Only errors: an ordinary ping must not wake the thread. A bit that is set keeps its type out (icmp(7), RFC 3542). */
function prepareIcmp(ipFamily: IpFamily, fd: number): void {
  const unreachable = 3;
  const allButErrors = [~0b10110, -1, -1, -1, -1, -1, -1, -1];
  const result =
    ipFamily === 'IPv4'
      ? setOption(fd, SOL_RAW, ICMP_FILTER, [~(1 << unreachable)])
      : setOption(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, allButErrors);
  check(result, 'setsockopt', 'filter of ICMP types');
}

function mustSet(fd: number, level: number, option: number, value: number, name: string): void {
  check(setOption(fd, level, option, [value]), 'setsockopt', name);
}

function setOption(fd: number, level: number, option: number, words: readonly number[]): number {
  const memory = new NativeMemory(4 * words.length);
  memory.words.set(words);
  return sys.setsockopt(fd, level, option, memory.address, 4 * words.length);
}
