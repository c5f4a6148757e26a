// The linux data plane moves datagrams as every data plane must; and how many of them at once.
import t, { type Test } from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { DatagramBatch } from '../../../lib/dataplane/linux/datagram-batch.js';
import {
  batchSize,
  DatagramHeaders,
  datagramRoom,
  pointerTo,
} from '../../../lib/dataplane/linux/datagram-headers.js';
import { OutgoingBatch, type Route, toPeer } from '../../../lib/dataplane/linux/outgoing-batch.js';
import { ReplyBatch } from '../../../lib/dataplane/linux/reply-batch.js';
import { RouteSlab } from '../../../lib/dataplane/linux/route-slab.js';
import { UdpPort } from '../../../lib/dataplane/linux/udp-port.js';
import { MSG_DONTWAIT, SOL_SOCKET } from '../../../lib/dataplane/native/abi/constants.js';
import { blockLength } from '../../../lib/dataplane/native/counter-block.js';
import { Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { sockaddrRoom, sockaddrSize } from '../../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { TimerWheel } from '../../../lib/dataplane/native/timer-wheel.js';
import { udpTests } from '../conformance/udp.js';
import { pickMemory } from '../native/pick-memory.js';
import { makeLinuxPlane, makeSpreadPlane } from './make-plane.js';
import { type BoundSocket, SO_NO_CHECK, UdpSockets } from './udp-sockets.js';

t.test('one thread', async (t) => udpTests(t, makeLinuxPlane));
t.test('three threads', async (t) => udpTests(t, makeSpreadPlane));

const loopback = '127.0.0.1';

/** Sockets towards endpoints that take no message of several datagrams. */
class UncheckedSockets extends Sockets {
  override connect(fd: number, sockaddr: Uint8Array): number {
    this.setOption(fd, SOL_SOCKET, SO_NO_CHECK, 1);
    return super.connect(fd, sockaddr);
  }
}

/** A listener with one endpoint, in this thread: nothing moves before turn(). */
function started(t: Test, options: { readonly unchecked?: boolean } = {}) {
  const all = new UdpSockets();
  const descriptors = new Descriptors(1, undefined);
  const loop = new EpollLoop(descriptors, (error) => {
    throw error;
  });
  const warnings: string[] = [];
  const context = {
    loop,
    timers: new TimerWheel(0),
    sockets: options.unchecked ? new UncheckedSockets(descriptors) : new Sockets(descriptors),
    batch: new DatagramBatch(),
    replies: new ReplyBatch(loop),
    routes: { IPv4: new RouteSlab('IPv4'), IPv6: new RouteSlab('IPv6') },
    idleTimeoutMs: 1000,
    picks: pickMemory(),
    socketBufferBytes: 1024 * 1024,
    warn: (message: string) => warnings.push(message),
    take: () => true,
    release: () => {},
    hasMessages: () => false,
  };
  const listening = all.bound('IPv4', '0.0.0.0');
  if (options.unchecked) all.sockets.setOption(listening.fd, SOL_SOCKET, SO_NO_CHECK, 1);
  const endpoint = all.bound('IPv4', loopback);
  const spec = { fd: listening.fd, servicePortName: 'ns/s:p', ipFamily: 'IPv4' } as const;
  const balancer = listenerBalancer({ setAsideMs: 1000 });
  const port = new UdpPort(spec, balancer, new Float64Array(blockLength), context);
  port.update({
    endpoints: [{ ip: loopback, port: endpoint.port, id: 0, place: 0 }],
    resting: [],
  });
  port.listen();
  all.giveAway(listening);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) port.close();
    isOpen = false;
  };
  t.teardown(() => {
    close();
    all.close();
    loop.close();
  });
  const client = (): BoundSocket => {
    const socket = all.bound('IPv4', loopback);
    all.connect(socket, loopback, listening.port);
    return socket;
  };
  /** `last`: after the handlers, before the turn's end. */
  const turn = (last: () => void = () => {}): void => {
    loop.atEndOfTurn({ resume: last });
    loop.turn(0, () => {});
  };
  return { close, endpoint, client, warnings, turn };
}

const memory = new NativeMemory(datagramRoom);

/** One datagram each, of this length and filled with this number. */
function send(fd: number, ...datagrams: readonly (readonly [number, number])[]): void {
  for (const [length, filling] of datagrams) {
    memory.bytes.fill(filling, 0, length);
    sys.send(fd, memory.address, length, 0);
  }
}

/** What has arrived, as `filling:length`. */
function drain(fd: number): readonly string[] {
  const seen: string[] = [];
  for (;;) {
    const length = sys.recv(fd, memory.address, datagramRoom, 0);
    if (length < 0) return seen;
    seen.push(`${[...new Set(memory.bytes.subarray(0, length))].join('+')}:${length}`);
  }
}

/** Sends back every datagram that has come. Returns how many. */
function echo(fd: number): number {
  const data = new NativeMemory(batchSize * datagramRoom);
  const names = new NativeMemory(batchSize * sockaddrRoom);
  const [received, outgoing] = [new DatagramHeaders(data), new OutgoingBatch(data)];
  const routes = Array.from({ length: batchSize }, (_, index): Route => {
    const name = pointerTo(names.address + index * sockaddrRoom);
    received.setName(index, name, sockaddrRoom);
    return { ...toPeer(false), name, nameLength: sockaddrSize('IPv4') };
  });
  const count = sys.recvmmsg(fd, received.addressOf(0), batchSize, MSG_DONTWAIT);
  outgoing.begin(0);
  for (const [index, route] of routes.slice(0, Math.max(0, count)).entries())
    outgoing.add(received.receivedLength(index), route);
  if (count > 0) outgoing.send(fd, 0);
  return count;
}

for (const unchecked of [false, true]) {
  const how = unchecked ? 'where the kernel takes none in segments' : 'in segments';
  t.test(`bursts of several clients arrive as they were sent, both ways, ${how}`, async (t) => {
    const { endpoint, client, warnings, turn } = started(t, { unchecked });
    const [one, other] = [client(), client()];
    // An endpoint that has answered once is sent several at a time.
    for (const { fd } of [one, other]) send(fd, [1, 1]);
    turn();
    t.equal(echo(endpoint.fd), 2);
    turn();
    t.same([drain(one.fd), drain(other.fd)], [['1:1'], ['1:1']]);
    for (let round = 0; round < 3; round++) {
      send(one.fd, [100, 1], [100, 2], [100, 3]);
      send(other.fd, [1400, 4], [1400, 5], [9, 6]);
      send(one.fd, [0, 0], [65_507, 7], [30_000, 8], [30_000, 9], [30_000, 10]);
      turn();
      t.equal(echo(endpoint.fd), 11);
      turn();
      t.same(drain(one.fd), ['1:100', '2:100', '3:100', ':0', '7:65507', '8:30000', '9:30000', '10:30000']);
      t.same(drain(other.fd), ['4:1400', '5:1400', '6:9']);
    }
    t.same(warnings, []);
  });
}

t.test('replies that come unasked, more than a batch, arrive in turn', async (t) => {
  const { endpoint, client, turn } = started(t);
  const { fd } = client();
  send(fd, ...Array.from({ length: 40 }, (_, index) => [20, index + 1] as const));
  turn();
  turn();
  t.equal(echo(endpoint.fd), 40);
  send(fd, ...Array.from({ length: 40 }, (_, index) => [20, index + 41] as const));
  turn();
  t.equal(echo(endpoint.fd), 40);
  for (let count = 0; count < 3; count++) turn();
  t.same(
    drain(fd),
    Array.from({ length: 80 }, (_, index) => `${index + 1}:20`),
  );
});

t.test('a reply that waits when its listener is closed is sent before', async (t) => {
  const { close, endpoint, client, turn } = started(t);
  const { fd } = client();
  send(fd, [5, 1]);
  turn();
  t.equal(echo(endpoint.fd), 1);
  // In one turn: the reply comes, and then the end.
  turn(close);
  t.same(drain(fd), ['1:5']);
});
