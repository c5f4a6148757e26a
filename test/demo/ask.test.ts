// The client program, against real servers on loopback.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type Answer, isAnswer, parseReplies } from '../../lib/demo/reply.js';
import { systemExec } from '../../lib/proxier/exec.js';
import { refusingTcpPort, refusingUdpPort } from '../support/refusing-port.js';

const program = fileURLToPath(new URL('../../lib/demo/ask.js', import.meta.url));

async function ask(...urls: readonly string[]) {
  const { status, stdout, stderr } = await systemExec(process.execPath, [program, ...urls]);
  if (status !== 0) throw new Error(stderr);
  return parseReplies(stdout);
}

t.test('HTTP: each request from a port of its own, told with the answer', async (t) => {
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    ports.push(request.socket.remotePort);
    response.end(`you asked ${request.url}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const replies = await ask(`http://127.0.0.1:${port}/1`, `http://127.0.0.1:${port}/2`);
  t.match(replies, [
    { id: '/1', text: 'you asked /1' },
    { id: '/2', text: 'you asked /2' },
  ]);
  t.same(
    replies.filter(isAnswer).map(({ clientPort }: Answer) => clientPort),
    ports,
  );
  t.equal(new Set(ports).size, 2);
});

t.test('UDP: the datagram is the path', async (t) => {
  const socket = createSocket('udp4');
  const ports: number[] = [];
  socket.on('message', (text, { port, address }) => {
    ports.push(port);
    socket.send(`you asked ${text}\n`, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  const replies = await ask(`udp://127.0.0.1:${socket.address().port}/7`);
  t.same(replies, [{ id: '/7', text: 'you asked /7', clientPort: ports[0] }]);
});

t.test('a refusal is told by its name, and the next one is asked all the same', async (t) => {
  const [udp, tcp] = [await refusingUdpPort(t), await refusingTcpPort(t)];
  const replies = await ask(`udp://127.0.0.1:${udp.port}/1`, `http://127.0.0.1:${tcp.port}/2`);
  t.same(replies, [
    { id: '/1', error: 'ECONNREFUSED' },
    { id: '/2', error: 'ECONNREFUSED' },
  ]);
});

t.test('after silence no more is asked', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const url = `udp://127.0.0.1:${silent.address().port}`;
  t.same(await ask(`${url}/1`, `${url}/2`), [{ id: '/1', error: 'ETIMEDOUT' }]);
});
