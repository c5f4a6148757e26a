// What our sockets are told, and what accepted ones inherit.
import t from 'tap';
import { openListeningSocket } from '../../../lib/dataplane/linux/listening-socket.js';
import {
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_KEEPIDLE,
  TCP_NODELAY,
} from '../../../lib/dataplane/native/abi/constants.js';
import { EAGAIN, EINPROGRESS } from '../../../lib/dataplane/native/abi/errno.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { encodeSockaddr } from '../../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';

function option(fd: number, level: number, name: number): number | undefined {
  const memory = new NativeMemory(16);
  memory.words[2] = 4;
  sys.getsockopt(fd, level, name, memory.address, memory.address + 8);
  return memory.words[0];
}

t.test('accepted sockets send at once and are probed, without being told', async (t) => {
  const sockets = new Sockets(new Descriptors(1, createOwnerTable()));
  const request = {
    protocol: 'TCP',
    ipFamily: 'IPv4',
    port: 0,
    keepAliveDelayMs: 17_000,
    udpSocketBufferBytes: 0,
  } as const;
  const listening = openListeningSocket(request, sockets);
  const dialled = sockets.open('IPv4', 'TCP');
  const result = sockets.connect(dialled, encodeSockaddr({ ip: '127.0.0.1', port: listening.port }));
  t.ok(result === 0 || result === -EINPROGRESS);
  const accepted = sockets.accept(listening.fd);
  t.ok(accepted > 0);
  t.equal(sockets.accept(listening.fd), -EAGAIN, 'there is no other, and it does not block');
  sockets.sendAtOnce(dialled);
  sockets.keepAlive(dialled, 17_000);
  for (const fd of [accepted, dialled]) {
    t.equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    t.equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    t.equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 17);
  }
  t.equal(sockets.takeError(accepted), 0);
  sockets.reset(dialled);
  const memory = new NativeMemory(8);
  t.ok(sys.recv(accepted, memory.address, 8, 0) < 0, 'a reset, not an end');
  sockets.close(accepted);
  sockets.close(listening.fd);
});
