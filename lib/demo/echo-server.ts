// demo/echo-server.ts: a program: one endpoint. Answers HTTP (TCP) or datagrams (UDP) with its own name, and says on
// stdout whom it answered. Arguments: TCP or UDP, a name, an address, a port (0: any; `ready` says which).
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { hostPort } from '../model/ip.js';

const [, , protocol, name = '', ip = '', portText = ''] = process.argv;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(err: Error): void {
  process.stderr.write(`${name} at ${hostPort(ip, Number(portText))}: ${err.message}\n`);
  process.exit(1);
}

if (protocol === 'UDP') {
  const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
  let here = '';
  socket.on('error', fail);
  socket.on('message', (request, { address, port }) => {
    const told = `${new Date().toISOString().slice(11, 19)} UTC, says ${name} at ${here}\n`;
    // An answer that can't be sent is a datagram lost, as any may be.
    socket.send(told, port, address, () =>
      say(`answered ${request.toString()} to ${hostPort(address, port)}`),
    );
  });
  socket.bind(Number(portText), ip, () => {
    here = hostPort(ip, socket.address().port);
    say(`ready ${here}`);
  });
} else {
  let here = '';
  const server = createServer((request, response) => {
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    // One connection per request, lest curl keeps it and always meets the same endpoint.
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
    response.end(`hello, says ${name} at ${here}\n`);
    say(`answered ${request.url} to ${hostPort(remoteAddress, remotePort)}`);
  });
  server.on('error', fail);
  server.listen(Number(portText), ip, () => {
    const address = server.address();
    here = hostPort(ip, typeof address === 'object' && address !== null ? address.port : 0);
    say(`ready ${here}`);
  });
}
