// http/bound-server.ts: one HTTP server on one address. A port that can't be had is told and tried again: the data
// path does not depend on it. What a client may take is bounded in time, size and number.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { hostPort } from '../model/ip.js';
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';

export interface BindAddress {
  /**
   * An IP address, without brackets. '', 0.0.0.0 and :: are the same: every address of this host, of both families where
   * it has them. That is what Go makes of them, and so what kube-proxy's default 0.0.0.0:10256 is on an IPv6-only node.
   */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export type BindState =
  | { readonly state: 'binding' }
  | { readonly state: 'listening'; readonly address: BindAddress }
  | { readonly state: 'failed'; readonly error: Error };

export interface BoundServer {
  /** Resolves with the outcome of the first attempt to bind, for those who want a failure to be fatal. */
  readonly firstBind: Promise<BindState>;
  state(): BindState;
  /** Stops accepting and cuts what is open. Idempotent. */
  close(): Promise<void>;
}

export interface BoundServerOptions {
  /** For logs: `healthz`, `metrics`. */
  readonly name: string;
  readonly app: Hono;
  readonly address: BindAddress;
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds between two attempts to bind. @default 5000 */
  readonly retryMs?: number;
}

const limits = {
  /** A request must be complete within this time; so must its headers. */
  requestTimeout: 5000,
  headersTimeout: 5000,
  /** How often the two are looked at. */
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 8192,
} as const;
/** A client that neither sends nor takes anything for this long is cut, a slow reader of /metrics too. */
const idleMs = 10_000;
const maxConnections = 128;

const unspecified: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

export function startBoundServer(options: BoundServerOptions): BoundServer {
  const { name, app, address, log, clock, retryMs = 5000 } = options;
  const wanted = hostPort(address.host, address.port);
  let state: BindState = { state: 'binding' };
  let server: Server | undefined;
  let cancelRetry = (): void => {};
  let closed = false;
  let attempted: Promise<void> | undefined;
  let setFirstBind = (_: BindState): void => {};
  const firstBind = new Promise<BindState>((resolve) => {
    setFirstBind = resolve;
  });

  /** One attempt; resolves when its outcome is known. */
  function bind(): Promise<void> {
    // Without a `createServer` of ours the adaptor makes a plain HTTP/1 server.
    const attempt = createAdaptorServer({ fetch: app.fetch, serverOptions: limits }) as Server;
    server = attempt;
    attempt.maxConnections = maxConnections;
    attempt.setTimeout(idleMs);
    return new Promise((resolve) => {
      attempt.on('error', (cause) => {
        // After it listens: an accept that failed (descriptors). The server goes on.
        if (attempt.listening) {
          log.warn({ server: name, address: wanted, err: cause }, 'HTTP server');
          return;
        }
        const error = new Error(`${name}: cannot listen on ${wanted}: ${cause.message}`, { cause });
        if (state.state !== 'failed') {
          log.error({ server: name, address: wanted, err: error }, 'cannot bind; trying again');
        }
        settle({ state: 'failed', error });
        if (!closed) cancelRetry = clock.after(retryMs, retry);
        resolve();
      });
      // Without a host: :: for both families, or 0.0.0.0 on a host without IPv6.
      const host = unspecified.has(address.host) ? undefined : address.host;
      attempt.listen({ host, port: address.port }, () => {
        const bound = attempt.address() as AddressInfo;
        const listening = { host: bound.address, port: bound.port };
        log.info({ server: name, address: hostPort(bound.address, bound.port) }, 'HTTP server listens');
        settle({ state: 'listening', address: listening });
        resolve();
      });
    });
  }
  function retry(): void {
    attempted = bind();
  }
  function settle(next: BindState): void {
    state = next;
    setFirstBind(next);
  }

  retry();
  return {
    firstBind,
    state: () => state,
    async close() {
      closed = true;
      cancelRetry();
      await attempted;
      const current = server;
      server = undefined;
      if (!current?.listening) return;
      await new Promise<void>((resolve) => {
        current.close(() => resolve());
        current.closeAllConnections();
      });
    },
  };
}
