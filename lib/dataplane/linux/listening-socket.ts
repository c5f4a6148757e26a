// dataplane/linux/listening-socket.ts: opens the sockets that clients come to. In the main thread, where an error is
// somebody's to hear; a worker gets the descriptor.

import type { IpFamily } from '../../model/ip.js';
import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SOL_SOCKET,
} from '../native/abi/constants.js';
import { EADDRINUSE } from '../native/abi/errno.js';
import { encodeSockaddr, portOf } from '../native/socket-address.js';
import type { Sockets } from '../native/sockets.js';
import * as sys from '../native/syscalls.js';
import { check, SystemError } from '../native/system-error.js';

/** The kernel cuts it to net.core.somaxconn. */
const backlog = 4096;
/** How often another free TCP port is looked for: with SO_REUSEADDR two may be given the same, and one can't listen. */
const anyPortTries = 5;

export interface ListenRequest {
  readonly protocol: 'TCP' | 'UDP';
  readonly ipFamily: IpFamily;
  /** 0: any. */
  readonly port: number;
  readonly keepAliveDelayMs: number;
  readonly udpSocketBufferBytes: number;
}

export interface ListeningSocket {
  readonly fd: number;
  readonly port: number;
}

/** Throws SystemError; nothing stays open then. */
export function openListeningSocket(request: ListenRequest, sockets: Sockets): ListeningSocket {
  for (let tries = 1; ; tries++) {
    const fd = check(sockets.open(request.ipFamily, request.protocol), 'socket', describe(request));
    const result = prepare(fd, request, sockets);
    if (result.error === 0) {
      check(sockets.localAddress(fd), 'getsockname', describe(request));
      return { fd, port: portOf(sockets.sockaddr) };
    }
    sockets.close(fd);
    const again = request.port === 0 && result.error === -EADDRINUSE && tries < anyPortTries;
    if (!again) throw new SystemError(result.call, describe(request), result.error);
  }
}

interface Prepared {
  readonly call: string;
  /** 0, or errno negated. */
  readonly error: number;
}

function prepare(fd: number, request: ListenRequest, sockets: Sockets): Prepared {
  const { protocol, ipFamily, port } = request;
  if (ipFamily === 'IPv6') {
    const error = sockets.setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (error < 0) return { call: 'setsockopt IPV6_V6ONLY', error };
  }
  const prepared = protocol === 'TCP' ? prepareTcp(fd, request, sockets) : prepareUdp(fd, request, sockets);
  if (prepared.error < 0) return prepared;
  const error = sockets.bind(fd, encodeSockaddr({ ip: ipFamily === 'IPv4' ? '0.0.0.0' : '::', port }));
  if (error < 0 || protocol === 'UDP') return { call: 'bind', error };
  return { call: 'listen', error: sys.listen(fd, backlog) };
}

/** What is set here, all accepted sockets inherit. */
function prepareTcp(fd: number, request: ListenRequest, sockets: Sockets): Prepared {
  sockets.sendAtOnce(fd);
  sockets.keepAlive(fd, request.keepAliveDelayMs);
  // Connections of an earlier run in TIME_WAIT must not keep us from the port.
  return { call: 'setsockopt SO_REUSEADDR', error: sockets.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1) };
}

/** Without SO_REUSEADDR, which would let another UDP socket take the same port, and our datagrams. */
function prepareUdp(fd: number, request: ListenRequest, sockets: Sockets): Prepared {
  sockets.setBuffers(fd, request.udpSocketBufferBytes);
  return request.ipFamily === 'IPv4'
    ? { call: 'setsockopt IP_PKTINFO', error: sockets.setOption(fd, IPPROTO_IP, IP_PKTINFO, 1) }
    : {
        call: 'setsockopt IPV6_RECVPKTINFO',
        error: sockets.setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1),
      };
}

function describe({ protocol, ipFamily, port }: ListenRequest): string {
  return `${protocol} port ${port} (${ipFamily})`;
}
