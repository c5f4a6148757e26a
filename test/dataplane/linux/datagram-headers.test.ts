// The headers say to the kernel what they were told, and the kernel's answers are read from where it puts them.
import t from 'tap';
import {
  batchSize,
  DatagramHeaders,
  datagramRoom,
  nullPointer,
  pointerTo,
} from '../../../lib/dataplane/linux/datagram-headers.js';
import { MSG_DONTWAIT } from '../../../lib/dataplane/native/abi/constants.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { ipOf, portOf, sockaddrRoom, sockaddrSize } from '../../../lib/dataplane/native/socket-address.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { UdpSockets } from './udp-sockets.js';

t.test('an address is two words', async (t) => {
  const words = (address: number): readonly number[] => {
    const { low, high } = pointerTo(address);
    return [low >>> 0, high];
  };
  t.same(words(0x7f12_89ab_cdef), [0x89ab_cdef, 0x7f12]);
  t.same(words(0xffff_ffff), [0xffff_ffff, 0]);
  t.same(pointerTo(0), nullPointer);
});

t.test('a name is written where it should be, each time, and none where none is wanted', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const [from, to] = [all.bound('IPv4', '127.0.0.9'), all.bound('IPv4', '127.0.0.1')];
  all.connect(from, '127.0.0.1', to.port);
  const data = new NativeMemory(batchSize * datagramRoom);
  const names = new NativeMemory(2 * sockaddrRoom);
  const headers = new DatagramHeaders(data);
  for (const index of [0, 1])
    headers.setName(index, pointerTo(names.address + index * sockaddrRoom), sockaddrRoom);
  const payload = new NativeMemory(8);
  for (let round = 1; round <= 3; round++) {
    if (round === 3) headers.setName(1, nullPointer, 0);
    names.bytes.fill(0);
    for (const length of [round, 2 * round]) sys.send(from.fd, payload.address, length, 0);
    t.equal(sys.recvmmsg(to.fd, headers.addressOf(0), batchSize, MSG_DONTWAIT), 2);
    t.same([headers.receivedLength(0), headers.receivedLength(1)], [round, 2 * round]);
    const ports = [0, sockaddrRoom].map((offset) => portOf(names.bytes, offset));
    t.same(ports, [from.port, round === 3 ? 0 : from.port]);
    t.equal(ipOf(names.bytes, 'IPv4'), '127.0.0.9');
    headers.restoreRoom(0, sockaddrRoom, 0);
    if (round < 3) headers.restoreRoom(1, sockaddrRoom, 0);
  }
  t.ok(sockaddrSize('IPv4') < sockaddrRoom, 'which the kernel would have left there as the room');
});

t.test('a message may be any datagrams side by side', async (t) => {
  const all = new UdpSockets();
  t.teardown(() => all.close());
  const [from, to] = [all.bound('IPv4', '127.0.0.1'), all.bound('IPv4', '127.0.0.1')];
  all.connect(from, '127.0.0.1', to.port);
  const data = new NativeMemory(batchSize * datagramRoom);
  const headers = new DatagramHeaders(data);
  for (const [index, text] of ['zero', 'one', 'two', 'three'].entries()) {
    data.bytes.write(text, index * datagramRoom);
    headers.setLength(index, text.length);
  }
  headers.setData(0, 2, 2);
  headers.setData(1, 0, 1);
  t.equal(sys.sendmmsg(from.fd, headers.addressOf(0), 2, MSG_DONTWAIT), 2);
  const payload = new NativeMemory(64);
  const texts = [0, 1].map(() =>
    payload.bytes.toString('latin1', 0, sys.recv(to.fd, payload.address, 64, 0)),
  );
  t.same(texts, ['twothree', 'zero']);
});
