// dataplane/conformance/udp-peers.ts: UDP clients and endpoints.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Test } from 'tap';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';

export interface Datagram {
  readonly data: Buffer;
  readonly from: RemoteInfo;
}

export interface UdpPeer extends Socket {
  /** Sends to `ip` (loopback of the socket's family by default) and resolves with the next datagram; 5 s. */
  ask(text: string | Buffer, port: number, ip?: string): Promise<Datagram>;
  /** The next datagram; rejects after `deadlineMs`. */
  next(deadlineMs?: number): Promise<Datagram>;
}

interface UdpPeerOptions {
  readonly ip?: string;
  readonly port?: number;
  readonly reuseAddr?: boolean;
}

/** Bound; closed when `t` ends. */
export async function udpSocket(t: Test, options: UdpPeerOptions = {}): Promise<UdpPeer> {
  const { ip = '127.0.0.1', port = 0, reuseAddr = false } = options;
  const socket = createSocket({
    type: ip.includes(':') ? 'udp6' : 'udp4',
    reuseAddr,
    recvBufferSize: 1024 * 1024,
  });
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  t.teardown(() => {
    if (!closed) socket.close();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: ip }, resolve);
  });
  const next = (deadlineMs = 5000): Promise<Datagram> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.off('message', onMessage);
        reject(new Error(`no datagram within ${deadlineMs} ms`));
      }, deadlineMs);
      const onMessage = (data: Buffer, from: RemoteInfo): void => {
        clearTimeout(timer);
        resolve({ data, from });
      };
      socket.once('message', onMessage);
    });
  const ask = (text: string | Buffer, toPort: number, toIp = ip): Promise<Datagram> => {
    const answer = next();
    socket.send(text, toPort, toIp);
    return answer;
  };
  return Object.assign(socket, { ask, next });
}

export interface UdpEndpoint extends EndpointAddress {
  /** The ports that datagrams came from, each once: one for each flow. */
  readonly clients: Set<number>;
  close(): void;
}

/** Answers each datagram with `answer` of it. */
export async function udpEndpoint(
  t: Test,
  answer: (datagram: Buffer) => string | Buffer,
  ip = '127.0.0.1',
  port = 0,
): Promise<UdpEndpoint> {
  const clients = new Set<number>();
  const socket = await udpSocket(t, { ip, port });
  socket.on('message', (datagram, from) => {
    clients.add(from.port);
    socket.send(answer(datagram), from.port, from.address);
  });
  return { ip, port: socket.address().port, clients, close: () => socket.close() };
}

export function udpEcho(t: Test, ip = '127.0.0.1'): Promise<UdpEndpoint> {
  return udpEndpoint(t, (datagram) => datagram, ip);
}
