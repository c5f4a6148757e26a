// test/support/peer-udp.ts: a peer's UDP side: a server that answers `name:payload`, and a client's flow.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { hostPort, type Opened, within } from './peer-opened.js';
import type { Target } from './peer-protocol.js';

export async function udpEcho(
  address: string,
  port: number,
  name: string,
  reuseAddr: boolean,
): Promise<Opened> {
  const clients = new Set<string>();
  const socket = newSocket(address, reuseAddr);
  socket.on('message', (message, from) => {
    clients.add(hostPort(from.address, from.port));
    socket.send(`${name}:${message}`, from.port, from.address, () => {});
  });
  await bind(socket, port, address);
  socket.on('error', () => {});
  return {
    port: socket.address().port,
    localAddress: address,
    clients: () => [...clients],
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/**
 * A connected socket, as resolvers use: it takes datagrams from the address it sent to and from no other, and hears
 * of ICMP errors.
 */
export async function openUdp(target: Target): Promise<Opened> {
  const socket = newSocket(target.address, false);
  await bind(socket, target.localPort ?? 0, target.localAddress);
  await new Promise<void>((resolve, reject) => {
    socket.connect(target.port, target.address, (err?: Error) => (err ? reject(err) : resolve()));
  });
  let settle: { resolve(text: string): void; reject(err: Error): void } | undefined;
  socket.on('message', (message) => settle?.resolve(message.toString()));
  socket.on('error', (err) => settle?.reject(err));
  const what = `UDP ${hostPort(target.address, target.port)}`;
  return {
    port: socket.address().port,
    localAddress: socket.address().address,
    exchange: (payload, timeoutMs) => {
      const reply = new Promise<string>((resolve, reject) => {
        settle = { resolve, reject };
        socket.send(payload, (err) => {
          if (err) reject(err);
        });
      });
      return within(timeoutMs, what, reply);
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function newSocket(address: string, reuseAddr: boolean): Socket {
  return createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', reuseAddr });
}

function bind(socket: Socket, port: number, address: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
