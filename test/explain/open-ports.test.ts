// Which ports are open, as /proc/net tells.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import t from 'tap';
import { portsIn, readOpenPorts } from '../../lib/explain/open-ports.js';

t.test('a listener and a UDP socket are seen, and gone when they are closed', async (t) => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const open = await readOpenPorts();
  t.equal(open.isOpen('TCP', 'IPv4', port), true);
  t.equal(open.isOpen('UDP', 'IPv4', socket.address().port), true);
  t.equal(open.isOpen('SCTP', 'IPv4', port), undefined, 'that can not be told');
  socket.close();
  await new Promise((resolve) => server.close(resolve));
  t.equal((await readOpenPorts()).isOpen('TCP', 'IPv4', port), false);
});

t.test('a connection is no listener', async (t) => {
  const text = [
    '  sl  local_address rem_address   st',
    '   0: 00000000:1F90 00000000:0000 0A 0',
    '   1: 0100007F:1F91 0100007F:C000 01 0',
    '',
  ].join('\n');
  t.same([...portsIn(text, true)], [8080]);
  t.same([...portsIn(text, false)], [8080, 8081]);
});

t.test('without /proc nothing is known', async (t) => {
  t.equal((await readOpenPorts('/nowhere')).isOpen('TCP', 'IPv4', 80), undefined);
});
