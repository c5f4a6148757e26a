// Does somebody answer at an endpoint.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import t from 'tap';
import { createProbe } from '../../lib/explain/probe.js';
import { refusingTcpPort, refusingUdpPort } from '../support/refusing-port.js';

const probe = createProbe(300, async () => ({ outcome: 'unknown' }));
const ip = '127.0.0.1';

t.test('TCP: a listener answers, a closed port refuses', async (t) => {
  const server = createServer((socket) => socket.destroy());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, ip, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  t.match(await probe('TCP', { ip, port }), { outcome: 'answers' });
  t.teardown(() => server.close());
  t.match(await probe('TCP', await refusingTcpPort(t)), { outcome: 'refuses', error: 'ECONNREFUSED' });
});

t.test('UDP: silence is told from a refusal, and from an answer', async (t) => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, ip, resolve));
  const { port } = socket.address();
  t.match(await probe('UDP', { ip, port }), { outcome: 'silent' });
  socket.on('message', (message, from) => {
    t.equal(message.length, 0, 'asked with nothing that could be a request');
    socket.send('yes', from.port, from.address);
  });
  t.match(await probe('UDP', { ip, port }), { outcome: 'answers' });
  t.teardown(() => socket.close());
  t.match(await probe('UDP', await refusingUdpPort(t)), { outcome: 'refuses' });
});

t.test('SCTP is asked by whoever can', async (t) => {
  t.match(await probe('SCTP', { ip, port: 80 }), { outcome: 'unknown' });
  const broken = createProbe(300, () => Promise.reject(new Error('no sockets')));
  t.match(await broken('SCTP', { ip, port: 80 }), { outcome: 'unknown' });
});
