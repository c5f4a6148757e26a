// dataplane/node/udp-socket.ts: makes UDP sockets. The only place that calls dgram.createSocket.
import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import type { EndpointAddress } from '../../model/endpoint.js';
import type { IpFamily } from '../../model/ip.js';

/** Datagrams that the kernel does not take at once wait in user space up to this many bytes per socket. */
const maxSendQueueBytes = 1024 * 1024;

export interface UdpSocketHandlers {
  message(datagram: Buffer, from: RemoteInfo): void;
  /** Only after the socket was handed over; the owner closes it. */
  error(error: Error): void;
}

export interface UdpBindOptions {
  readonly ipFamily: IpFamily;
  readonly address: string;
  /** 0: any. */
  readonly port: number;
  /**
   * SO_REUSEADDR: lets a wildcard and a specific address share the port, and on Linux also two equal addresses of
   * any two processes that both ask for it.
   */
  readonly reuseAddr: boolean;
  /** SO_RCVBUF and SO_SNDBUF; 0: the system's default. */
  readonly bufferBytes: number;
}

export type BindUdp = (options: UdpBindOptions, handlers: UdpSocketHandlers) => Promise<Socket>;

/** Rejects with the system's error; nothing stays open then. */
export const bindUdp: BindUdp = async (options, handlers) => {
  const socket = createSocket(socketOptions(options));
  // A socket without any handler would end the process; this one stays from its birth to its death.
  socket.on('error', () => {});
  try {
    await settled(socket, (done) =>
      socket.bind({ address: options.address, port: options.port, exclusive: true }, done),
    );
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', handlers.error);
  socket.on('message', handlers.message);
  return socket;
};

export interface UdpDialOptions {
  readonly bufferBytes: number;
  /** Source address; the kernel's choice when absent. */
  readonly localAddress?: string;
}

/** A socket connected to the endpoint, which hears of its ICMP errors. Rejects with the system's error. */
export async function dialUdp(
  endpoint: EndpointAddress,
  options: UdpDialOptions,
  handlers: UdpSocketHandlers,
): Promise<Socket> {
  const ipFamily: IpFamily = endpoint.ip.includes(':') ? 'IPv6' : 'IPv4';
  const address = options.localAddress ?? wildcard(ipFamily);
  const socket = await bindUdp(
    { ipFamily, address, port: 0, reuseAddr: false, bufferBytes: options.bufferBytes },
    handlers,
  );
  try {
    await settled(socket, (done) => socket.connect(endpoint.port, endpoint.ip, done));
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

export function wildcard(ipFamily: IpFamily): string {
  return ipFamily === 'IPv4' ? '0.0.0.0' : '::';
}

/** What is sent when this is true is dropped by us instead of growing without bound. */
export function isSendQueueFull(socket: Socket): boolean {
  return socket.getSendQueueSize() > maxSendQueueBytes;
}

function socketOptions(options: UdpBindOptions): SocketOptions {
  const family = options.ipFamily === 'IPv4' ? 4 : 6;
  return {
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    reuseAddr: options.reuseAddr,
    recvBufferSize: options.bufferBytes,
    sendBufferSize: options.bufferBytes,
    // Only literal addresses come here, and dgram asks for each datagram: spare it the resolver.
    lookup: (address, _options, callback) => callback(null, address, family),
  };
}

/** Resolves when `start` calls back without an error; rejects with that error, or with an 'error' event before. */
function settled(socket: Socket, start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(error);
    socket.on('error', onError);
    start((error) => {
      socket.off('error', onError);
      if (error) reject(error);
      else resolve();
    });
  });
}
