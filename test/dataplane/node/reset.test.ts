// A reset is a reset in every state a socket may be in.
import { connect, Socket } from 'node:net';
import t from 'tap';
import { reset } from '../../../lib/dataplane/node/reset.js';
import { receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually, openDescriptors } from '../conformance/waiting.js';

t.test('the peer of a connected socket hears a reset, also when data and an end still waited', async (t) => {
  for (const prepare of [
    (_socket: Socket) => {},
    (socket: Socket) => void socket.write(Buffer.alloc(32 * 1024 * 1024)),
    (socket: Socket) => void socket.end(Buffer.alloc(32 * 1024 * 1024)),
  ]) {
    let done = false;
    const endpoint = await tcpEndpoint(t, (socket) => {
      prepare(socket);
      setTimeout(() => {
        reset(socket);
        reset(socket);
        done = true;
      }, 50);
    });
    const client = await tcpClient(t, endpoint.port);
    // Nothing is taken before, or the end might have been sent already.
    await eventually('it is reset', () => done);
    t.equal((await receiveAll(client)).end, 'reset');
  }
});

t.test('a socket that has ended this very moment is closed all the same, and is no leak', async (t) => {
  for (const peerEnded of [false, true]) {
    const closed: string[] = [];
    const endpoint = await tcpEndpoint(t, (socket) => {
      socket.on('error', (error) => closed.push(`error ${error.message}`));
      socket.on('close', () => closed.push('close'));
      const endAndReset = () => {
        socket.end();
        reset(socket);
        reset(socket);
      };
      socket.resume();
      if (peerEnded) socket.once('end', endAndReset);
      else endAndReset();
    });
    const before = openDescriptors();
    const client = await tcpClient(t, endpoint.port);
    if (peerEnded) client.end();
    await eventually('it is closed', () => closed.length > 0);
    t.same(closed, ['close']);
    client.destroy();
    await eventually('the descriptors are given back', () => openDescriptors() <= before);
  }
});

t.test('a socket without a connection is only closed', async (t) => {
  const idle = new Socket();
  const connecting = connect({ host: '127.0.0.1', port: 1 });
  connecting.on('error', () => {});
  for (const socket of [idle, connecting]) {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    reset(socket);
    t.ok(socket.destroyed);
    await closed;
  }
});
