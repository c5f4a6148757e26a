// A reset is a reset in every state a socket may be in.
import { connect, Socket } from 'node:net';
import t from 'tap';
import { reset } from '../../../lib/dataplane/node/reset.js';
import { receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';

t.test('the peer of a connected socket hears a reset, also when data and an end still waited', async (t) => {
  for (const prepare of [
    (_socket: Socket) => {},
    (socket: Socket) => void socket.write(Buffer.alloc(32 * 1024 * 1024)),
    (socket: Socket) => void socket.end(Buffer.alloc(32 * 1024 * 1024)),
  ]) {
    const endpoint = await tcpEndpoint(t, (socket) => {
      prepare(socket);
      setTimeout(() => {
        reset(socket);
        reset(socket);
      }, 50);
    });
    const client = await tcpClient(t, endpoint.port);
    t.equal((await receiveAll(client)).end, 'reset');
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
