// bench/data-plane/tcp-echo-program.ts: the endpoint of connections that stay idle. Argument: its port.
import { createServer } from 'node:net';

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy()); // a peer that went away is no fault of ours
  socket.pipe(socket);
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write('ready\n');
});
