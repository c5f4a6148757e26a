// dataplane/linux/self-test/streams.ts: errno, pipes, splice, epoll, eventfd and SO_LINGER, on descriptors that are
// connected to one another: no packet is sent.
import {
  AF_INET,
  AF_UNIX,
  EFD_NONBLOCK,
  EPOLL_CTL_ADD,
  EPOLLIN,
  MSG_DONTWAIT,
  O_NONBLOCK,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
  SPLICE_F_NONBLOCK,
} from '../../native/abi/constants.js';
import { EAGAIN, EBADF } from '../../native/abi/errno.js';
import type { Layouts } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import { expect, type Scratch, succeed } from './scratch.js';

/** All of it is there already. */
const waitMs = 50;

export function testErrno(): void {
  const { address } = new NativeMemory(8);
  expect(address > 0 && Number.isSafeInteger(address), 'an address does not fit into a number');
  expect(sys.fcntl(-1, 1, 0) === -EBADF, 'a bad descriptor is not EBADF');
}

/** What is written at one end is announced and read at the other. */
export function testStreams({ epollEvent }: Layouts, scratch: Scratch): void {
  const fds = new NativeMemory(8);
  const pair = (result: number, call: string): readonly [number, number] => {
    succeed(result, call);
    return [scratch.keep(fds.words[0] ?? -1, call), scratch.keep(fds.words[1] ?? -1, call)];
  };
  const [near, far] = pair(sys.socketpair(AF_UNIX, SOCK_STREAM | O_NONBLOCK, 0, fds.address), 'socketpair');
  const [pipeOut, pipeIn] = pair(sys.pipe2(fds.address, O_NONBLOCK), 'pipe2');
  const memory = new NativeMemory(16);
  expect(sys.recv(far, memory.address, 16, MSG_DONTWAIT) === -EAGAIN, 'an empty socket is not EAGAIN');

  const epoll = scratch.keep(sys.epollCreate1(0), 'epoll_create1');
  const events = new NativeMemory(64);
  const [eventsAt, dataAt] = [epollEvent.events, epollEvent.data];
  const watch = (fd: number, slot: number, tag: number): void => {
    events.bytes.writeInt32LE(EPOLLIN, eventsAt);
    events.bytes.writeInt32LE(slot, dataAt);
    events.bytes.writeInt32LE(tag, dataAt + 4);
    succeed(sys.epollCtl(epoll, EPOLL_CTL_ADD, fd, events.address), 'epoll_ctl');
  };
  watch(far, 0x11223344, 0x55667788);
  watch(pipeOut, 0x01020304, 0x05060708);

  memory.bytes.write('0123456789');
  expect(sys.send(near, memory.address, 10, 0) === 10, 'send is short');
  expect(sys.splice(far, pipeIn, 4, SPLICE_F_NONBLOCK) === 4, 'splice is short');
  events.bytes.fill(0);
  const ready = sys.epollWait(epoll, events.address, 2, waitMs);
  expect(ready === 2, `struct epoll_event differs: two descriptors with data are ${ready} events`);
  const seen = [0, 1].map((event) => {
    const at = event * epollEvent.size;
    const data = events.bytes.toString('hex', at + dataAt, at + dataAt + 8);
    return `${events.bytes.readInt32LE(at + eventsAt)} ${data}`;
  });
  const both = seen.sort().join();
  expect(both === '1 0403020108070605,1 4433221188776655', `struct epoll_event differs: ${both}`);
  const spliced = sys.read(pipeOut, memory.address, 16);
  expect(
    spliced === 4 && memory.bytes.toString('latin1', 0, 4) === '0123',
    'a pipe does not give what was spliced into it',
  );
}

/** How threads are woken. */
export function testEventfd(scratch: Scratch): void {
  const fd = scratch.keep(sys.eventfd(3, EFD_NONBLOCK), 'eventfd');
  const counter = new NativeMemory(8);
  counter.writeWide(2 ** 33, 0);
  expect(sys.write(fd, counter.address, 8) === 8, 'an eventfd does not take a number');
  expect(
    sys.read(fd, counter.address, 8) === 8 && counter.bytes.readBigUInt64LE() === 2n ** 33n + 3n,
    'an eventfd does not count',
  );
}

export function testLinger({ linger }: Layouts, scratch: Scratch): void {
  const fd = scratch.keep(sys.socket(AF_INET, SOCK_STREAM, 0), 'socket');
  const value = new NativeMemory(16);
  const length = new NativeMemory(8);
  value.bytes.writeInt32LE(1, linger.onoff);
  value.bytes.writeInt32LE(7, linger.seconds);
  succeed(sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, value.address, linger.size), 'setsockopt SO_LINGER');
  value.bytes.fill(0);
  length.words[0] = 16;
  succeed(sys.getsockopt(fd, SOL_SOCKET, SO_LINGER, value.address, length.address), 'getsockopt SO_LINGER');
  const [onoff, seconds] = [value.bytes.readInt32LE(linger.onoff), value.bytes.readInt32LE(linger.seconds)];
  expect(
    length.words[0] === linger.size && onoff === 1 && seconds === 7,
    `struct linger differs: {1, 7} came back as {${onoff}, ${seconds}}, ${length.words[0]} bytes`,
  );
}
