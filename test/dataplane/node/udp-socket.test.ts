// UDP sockets as the data plane needs them.
import t from 'tap';
import { bindUdp, dialUdp, isSendQueueFull, wildcard } from '../../../lib/dataplane/node/udp-socket.js';
import { refusingUdpPort } from '../../support/refusing-port.js';
import { udpSocket } from '../conformance/udp-peers.js';
import { openDescriptors } from '../conformance/waiting.js';

const silent = { message: () => {}, error: () => {} };
const loopback = { ipFamily: 'IPv4', address: '127.0.0.1', reuseAddr: false, bufferBytes: 262_144 } as const;

t.test('a bound socket has the buffers it asked for and room in its queue', async (t) => {
  const socket = await bindUdp({ ...loopback, port: 0 }, silent);
  t.teardown(() => void socket.close());
  // The kernel doubles what is asked for, to have room for its own bookkeeping (socket(7)).
  t.ok(socket.getRecvBufferSize() >= 262_144);
  t.ok(socket.getSendBufferSize() >= 262_144);
  t.notOk(isSendQueueFull(socket));
});

t.test('a port in use is an error, and no descriptor is left', async (t) => {
  const holder = await udpSocket(t);
  const before = openDescriptors();
  await t.rejects(bindUdp({ ...loopback, port: holder.address().port }, silent), { code: 'EADDRINUSE' });
  await t.rejects(dialUdp({ ip: '127.0.0.1', port: 70_000 }, { bufferBytes: 0 }, silent), {
    name: 'RangeError',
  });
  t.equal(openDescriptors(), before);
});

t.test('a dialled socket leaves from the address it is given and hears of a refusal', async (t) => {
  const peer = await udpSocket(t);
  const endpoint = { ip: '127.0.0.1', port: peer.address().port };
  const dialled = await dialUdp(endpoint, { bufferBytes: 0, localAddress: '127.0.0.8' }, silent);
  t.teardown(() => void dialled.close());
  const arrived = peer.next();
  dialled.send('x');
  t.equal((await arrived).from.address, '127.0.0.8');
  const refused = await new Promise<Error>((resolve, reject) => {
    const handlers = { message: () => {}, error: resolve };
    refusingUdpPort(t)
      .then((dead) => dialUdp(dead, { bufferBytes: 0 }, handlers))
      .then((socket) => {
        t.teardown(() => void socket.close());
        socket.send('x');
      })
      .catch(reject);
  });
  t.match(refused, { code: 'ECONNREFUSED' });
});

t.test('the wildcard of each family', async (t) => {
  t.equal(wildcard('IPv4'), '0.0.0.0');
  t.equal(wildcard('IPv6'), '::');
});
