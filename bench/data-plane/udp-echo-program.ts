// bench/data-plane/udp-echo-program.ts: the endpoint of UDP: sends every datagram back, as cheaply as TypeScript can, so
// that it is not what limits a run. Argument: its port. It never returns to Node's event loop; a signal ends it.
import { writeSync } from 'node:fs';
import {
  batchSize,
  DatagramHeaders,
  datagramRoom,
  pointerTo,
} from '../../lib/dataplane/linux/datagram-headers.js';
import { OutgoingBatch, type Route, toPeer } from '../../lib/dataplane/linux/outgoing-batch.js';
import { EPOLLIN, MSG_DONTWAIT } from '../../lib/dataplane/native/abi/constants.js';
import { Descriptors } from '../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../lib/dataplane/native/native-memory.js';
import { encodeSockaddr, sockaddrRoom, sockaddrSize } from '../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../lib/dataplane/native/sockets.js';
import * as sys from '../../lib/dataplane/native/syscalls.js';
import { check } from '../../lib/dataplane/native/system-error.js';

const port = Number(process.argv[2]);
const descriptors = new Descriptors(1, undefined);
const sockets = new Sockets(descriptors);
const loop = new EpollLoop(descriptors, (error) => {
  throw error;
});
const fd = check(sockets.open('IPv4', 'UDP'), 'socket', 'of the echo');
sockets.setBuffers(fd, 4 * 1024 * 1024);
check(sockets.bind(fd, encodeSockaddr({ ip: '127.0.0.1', port })), 'bind', `to port ${port}`);

const data = new NativeMemory(batchSize * datagramRoom);
const names = new NativeMemory(batchSize * sockaddrRoom);
const received = new DatagramHeaders(data);
const outgoing = new OutgoingBatch(data);
/** Back to the sender of datagram n. */
const routes = Array.from({ length: batchSize }, (_, index): Route => {
  const name = pointerTo(names.address + index * sockaddrRoom);
  received.setName(index, name, sockaddrRoom);
  return { ...toPeer(true), name, nameLength: sockaddrSize('IPv4') };
});

/** Family, port and address are the first two words. */
function haveSameSender(one: number, other: number): boolean {
  const { words } = names;
  const [a, b] = [(one * sockaddrRoom) / 4, (other * sockaddrRoom) / 4];
  return words[a] === words[b] && words[a + 1] === words[b + 1];
}

function echo(): void {
  const count = sys.recvmmsg(fd, received.addressOf(0), batchSize, MSG_DONTWAIT);
  outgoing.begin(0);
  let sender = 0;
  for (let index = 0; index < count; index++) {
    if (!haveSameSender(sender, index)) sender = index;
    const route = routes[sender];
    if (route !== undefined) outgoing.add(received.receivedLength(index), route);
    received.restoreRoom(index, sockaddrRoom, 0);
  }
  // A refused or unsent datagram is lost, as UDP's are; its client sends another.
  if (count > 0) outgoing.send(fd, 0);
}

check(loop.add(fd, EPOLLIN, loop.claim({ ready: echo }), 0), 'epoll_ctl', 'of the echo');
writeSync(1, 'ready\n');
for (;;) loop.turn(-1, () => {});
