// dataplane/native/abi/c-program.ts: a C program that compiles only where our constants and layouts are C's own. It is
// never run, so any compiler will do, also one for another machine.
import { spawnSync } from 'node:child_process';
import { constants as osConstants } from 'node:os';
import * as constants from '../../../../lib/dataplane/native/abi/constants.js';
import {
  cmsgSpace,
  epollEventOf,
  type Layouts,
  layouts,
} from '../../../../lib/dataplane/native/abi/layouts.js';
import * as rawConstants from '../../../../lib/dataplane/sctp/raw/constants.js';

interface CStruct {
  readonly type: string;
  /** C's names for our fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/** All of them, or this does not compile. */
const structs: Readonly<Record<keyof Layouts, CStruct>> = {
  epollEvent: { type: 'struct epoll_event', fields: { events: 'events', data: 'data' } },
  sockaddrIn: {
    type: 'struct sockaddr_in',
    fields: { family: 'sin_family', port: 'sin_port', addr: 'sin_addr' },
  },
  sockaddrIn6: {
    type: 'struct sockaddr_in6',
    fields: {
      family: 'sin6_family',
      port: 'sin6_port',
      addr: 'sin6_addr',
      scopeId: 'sin6_scope_id',
    },
  },
  inPktinfo: {
    type: 'struct in_pktinfo',
    fields: { ifindex: 'ipi_ifindex', specDst: 'ipi_spec_dst', addr: 'ipi_addr' },
  },
  in6Pktinfo: { type: 'struct in6_pktinfo', fields: { addr: 'ipi6_addr', ifindex: 'ipi6_ifindex' } },
  iovec: { type: 'struct iovec', fields: { base: 'iov_base', len: 'iov_len' } },
  msghdr: {
    type: 'struct msghdr',
    fields: {
      name: 'msg_name',
      namelen: 'msg_namelen',
      iov: 'msg_iov',
      iovlen: 'msg_iovlen',
      control: 'msg_control',
      controllen: 'msg_controllen',
    },
  },
  mmsghdr: { type: 'struct mmsghdr', fields: { hdr: 'msg_hdr', len: 'msg_len' } },
  cmsghdr: {
    type: 'struct cmsghdr',
    fields: { len: 'cmsg_len', level: 'cmsg_level', type: 'cmsg_type' },
  },
  linger: { type: 'struct linger', fields: { onoff: 'l_onoff', seconds: 'l_linger' } },
};

const headers = [
  'stddef',
  'errno',
  'fcntl',
  'sys/ioctl',
  'sys/socket',
  'sys/uio',
  'sys/epoll',
  'sys/eventfd',
  'netinet/in',
  'netinet/tcp',
  'netinet/udp',
];

/** Those that abi/errno.ts has from Node. */
const errnos = [
  'EAGAIN',
  'EINTR',
  'EINPROGRESS',
  'EMFILE',
  'ENFILE',
  'EBADF',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOBUFS',
  'ENOMEM',
  'ENOPROTOOPT',
] as const;

/** Those of raw sockets are in headers of C libraries, but for two that only Linux' own have. */
const { ICMP_FILTER: _icmp, ICMPV6_FILTER: _icmpv6, ...checkedRawConstants } = rawConstants;

/** A constant expression of C, and what we take it for. */
export type Claim = readonly [expression: string, value: number];

/** Everything that abi/ says of C. `architecture` as in process.arch. */
export function claims(architecture: string): readonly Claim[] {
  return [
    ...Object.entries({ ...constants, ...checkedRawConstants }).map(
      ([name, value]): Claim => [`(int)(${name})`, value],
    ),
    ...errnos.map((name): Claim => [name, osConstants.errno[name]]),
    ['EHOSTDOWN', 112],
    ['CMSG_SPACE(12)', cmsgSpace(12)],
    ['CMSG_SPACE(20)', cmsgSpace(20)],
    // What syscalls.ts declares as size_t (pointers too), int64_t and uint32_t.
    ['sizeof(size_t)', 8],
    ['sizeof(void *)', 8],
    ['sizeof(ssize_t)', 8],
    ['sizeof(socklen_t)', 4],
    ...structClaims({ ...layouts, epollEvent: epollEventOf(architecture) }),
  ];
}

function structClaims(of: Layouts): readonly Claim[] {
  return (Object.keys(structs) as (keyof Layouts)[]).flatMap((key) => {
    const { type, fields } = structs[key];
    return Object.entries(of[key]).map(([name, value]): Claim => {
      if (name === 'size') return [`sizeof(${type})`, value];
      const field = fields[name];
      if (field === undefined) throw new Error(`no C name for ${key}.${name}`);
      return [`offsetof(${type}, ${field})`, value];
    });
  });
}

/** Compiles where every claim holds. */
export function cProgram(checked: readonly Claim[]): string {
  const assertions = checked.map(
    ([expression, value]) =>
      `_Static_assert((long long)(${expression}) == ${value}LL, "${expression} is not ${value}");`,
  );
  return [
    '#define _GNU_SOURCE',
    ...headers.map((header) => `#include <${header}.h>`),
    ...assertions,
    '',
  ].join('\n');
}

/** A command that reads C from its standard input. */
export type Compiler = readonly [program: string, ...options: string[]];

/** What the compiler has to say, '' if nothing. Throws where it is not installed. */
export function compile([program, ...options]: Compiler, text: string): string {
  const args = [...options, '-x', 'c', '-fsyntax-only', '-fmax-errors=0', '-'];
  const { error, stderr } = spawnSync(program, args, {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw error;
  return stderr;
}

/** Why it can't compile anything that includes the headers; undefined: it can. */
export function whyNot(compiler: Compiler): string | undefined {
  try {
    const said = compile(compiler, cProgram([]));
    return said === '' ? undefined : `${compiler.join(' ')}: ${said.split('\n')[0]}`;
  } catch (error) {
    return `${compiler[0]} can not be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
