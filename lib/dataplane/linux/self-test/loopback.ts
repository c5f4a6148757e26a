// dataplane/linux/self-test/loopback.ts: UDP sockets on loopback for the self-test, and the calls that it tries on them.
import {
  EPOLL_CTL_ADD,
  EPOLLIN,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from '../../native/abi/constants.js';
import { EPERM } from '../../native/abi/errno.js';
import type { Layouts } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import { expectedSockaddr, type Family, readSockaddr, sockaddrOf } from './families.js';
import { type Message, MessageHeaders } from './message-headers.js';
import { expect, expectEqual, type Scratch, succeed } from './scratch.js';

/** As a rule they are there when the call returns that sent them; a busy kernel takes its time. */
const arrivalMs = 250;
/** What sendmmsg and recvmmsg go by. */
export const messageStructs = 'struct mmsghdr, msghdr or iovec';

export class LoopbackSocket {
  readonly port: number;
  readonly #fd: number;
  readonly #layouts: Layouts;
  readonly #scratch: Scratch;
  readonly #memory = new NativeMemory(128);

  /** Bound to a free port. */
  constructor(family: Family, layouts: Layouts, scratch: Scratch) {
    this.#layouts = layouts;
    this.#scratch = scratch;
    this.#fd = scratch.keep(sys.socket(family.af, SOCK_DGRAM | SOCK_NONBLOCK, 0), 'socket');
    const { structs, sockaddr, loopback } = family;
    const { bytes, address } = this.#memory;
    const any = sockaddrOf(family, loopback, 0);
    bytes.set(any);
    succeed(sys.bind(this.#fd, address, any.length), `bind with ${structs.sockaddr}`);
    const length = new NativeMemory(8);
    length.words[0] = bytes.length;
    bytes.fill(0);
    succeed(sys.getsockname(this.#fd, address, length.address), 'getsockname');
    this.port = bytes.readUInt16BE(sockaddr.port);
    const found = readSockaddr(family, bytes.subarray(0, length.words[0]));
    expectEqual(structs.sockaddr, found, expectedSockaddr(family, loopback, this.port));
    expect(this.port !== 0, `${structs.sockaddr} differs: a bound socket has no port`);
  }

  /** From now on datagrams come with the address that they were sent to. */
  askForPktinfo({ level, receiveOption, structs }: Family): void {
    this.#memory.words[0] = 1;
    succeed(
      sys.setsockopt(this.#fd, level, receiveOption, this.#memory.address, 4),
      `setsockopt for ${structs.pktinfo}`,
    );
  }

  /** By one call. False: the packet filter refuses them. */
  send(messages: readonly Message[]): boolean {
    const headers = new MessageHeaders(this.#layouts, messages.length);
    for (const [index, message] of messages.entries()) headers.set(index, message);
    const sent = sys.sendmmsg(this.#fd, headers.addressOf(0), messages.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent === -EPERM) return false;
    succeed(sent, `sendmmsg with ${messageStructs}`);
    expect(sent === messages.length, `${messageStructs} differs: ${sent} of ${messages.length} were sent`);
    return true;
  }

  /** `count` datagrams; undefined: they do not come. */
  receive(count: number): readonly Message[] | undefined {
    const epoll = this.#scratch.keep(sys.epollCreate1(0), 'epoll_create1');
    const { bytes, address } = this.#memory;
    bytes.fill(0);
    bytes.writeInt32LE(EPOLLIN, this.#layouts.epollEvent.events);
    succeed(sys.epollCtl(epoll, EPOLL_CTL_ADD, this.#fd, address), 'epoll_ctl');
    const headers = new MessageHeaders(this.#layouts, count);
    headers.clear();
    for (let received = 0; received < count; ) {
      if (sys.epollWait(epoll, address, 1, arrivalMs) !== 1) return undefined;
      received += succeed(
        sys.recvmmsg(this.#fd, headers.addressOf(received), count - received, MSG_DONTWAIT),
        `recvmmsg with ${messageStructs}`,
      );
    }
    return Array.from({ length: count }, (_, index) => headers.get(index));
  }
}
