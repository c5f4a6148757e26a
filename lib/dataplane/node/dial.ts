// dataplane/node/dial.ts: starts one TCP connection to one endpoint. The only place that calls net.connect.
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { EndpointAddress } from '../../model/endpoint.js';

export interface DialOptions {
  /** Silence before the first keep-alive probe, in milliseconds. */
  readonly keepAliveDelayMs: number;
  /** Source address of the connection; the kernel's choice when absent. */
  readonly localAddress?: string;
}

/** Returns a socket that is connecting; it tells by 'connect' or 'error'. May throw for an impossible address. */
export type Dial = (endpoint: EndpointAddress, options: DialOptions) => Socket;

/**
 * Readable.highWaterMark of every relayed socket, in bytes. With 1, a socket stops reading after each chunk until that
 * chunk is taken, so what is read ahead is bounded by one read (64 KiB); one-way.ts says what else that is for.
 */
export const relayHighWaterMark = 1;

export const dialTcp: Dial = (endpoint, options) => {
  const connectOptions: NetConnectOpts & { readonly highWaterMark: number } = {
    host: endpoint.ip,
    port: endpoint.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: options.keepAliveDelayMs,
    highWaterMark: relayHighWaterMark,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  };
  return connect(connectOptions);
};
