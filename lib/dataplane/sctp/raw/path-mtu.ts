// dataplane/sctp/raw/path-mtu.ts: asks the kernel what it knows of the MTU on the way to an address: its interface's, and
// what ICMP has told. By a UDP socket, connected and never used; seldom, for it takes four calls.
import type { IpFamily } from '../../../model/ip.js';
import { IPPROTO_IP, IPPROTO_IPV6 } from '../../native/abi/constants.js';
import { sockaddrIn6 } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import { encodeSockaddr } from '../../native/socket-address.js';
import type { Sockets } from '../../native/sockets.js';
import * as sys from '../../native/syscalls.js';
import type { Route } from '../relay/transport.js';
import { ipText, isIpv4 } from '../wire/ip-words.js';
import { IP_MTU, IPV6_MTU } from './constants.js';

/** Any but 0: nothing is sent there. */
const discardPort = 9;

export class PathMtu {
  readonly #sockets: Sockets;
  readonly #value = new NativeMemory(8);
  readonly #length = new NativeMemory(8);

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  /** In bytes; 0: the kernel does not say. */
  of({ peer, scope }: Pick<Route, 'peer' | 'scope'>): number {
    const ipFamily: IpFamily = isIpv4(peer) ? 'IPv4' : 'IPv6';
    const fd = this.#sockets.open(ipFamily, 'UDP');
    if (fd < 0) return 0;
    try {
      const sockaddr = Buffer.from(encodeSockaddr({ ip: ipText(peer), port: discardPort }));
      if (ipFamily === 'IPv6') sockaddr.writeUInt32LE(scope, sockaddrIn6.scopeId);
      if (this.#sockets.connect(fd, sockaddr) < 0) return 0;
      this.#length.words[0] = 4;
      const [level, option] = ipFamily === 'IPv4' ? [IPPROTO_IP, IP_MTU] : [IPPROTO_IPV6, IPV6_MTU];
      const result = sys.getsockopt(fd, level, option, this.#value.address, this.#length.address);
      return result < 0 ? 0 : (this.#value.words[0] ?? 0);
    } finally {
      this.#sockets.close(fd);
    }
  }
}
