// admin/server.ts: the admin socket: HTTP over a Unix socket that only its owner may open. Forwarding does not depend on it:
// where it can't be had, the log says so and that is all.
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Log } from '../proxier/log.js';

export interface AdminServer {
  /** Why there is none; undefined: it listens. */
  readonly failure: Error | undefined;
  /** Cuts what is open and removes the socket. Idempotent. */
  close(): Promise<void>;
}

export interface AdminServerOptions {
  readonly path: string;
  readonly app: Hono;
  readonly log: Log;
}

const limits = {
  requestTimeout: 5000,
  headersTimeout: 5000,
  keepAliveTimeout: 1000,
  maxHeaderSize: 8192,
} as const;
const maxConnections = 16;
/** A client that neither sends nor takes anything for this long is cut. */
const idleMs = 10_000;
const ownerOnly = 0o600;

/** Never rejects. */
export async function startAdminServer({ path, app, log }: AdminServerOptions): Promise<AdminServer> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await removeDead(path);
    const server = await listen(path, app);
    server.on('error', (err) => log.warn({ path, err }, 'admin socket'));
    log.debug({ path }, 'admin socket listens');
    return { failure: undefined, close: () => closed(server) };
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    const failure = new Error(`admin socket ${path}: ${told}`, { cause });
    log.warn({ path, err: failure }, 'no admin socket: explain, status and top can not ask this process');
    return { failure, close: async () => {} };
  }
}

async function listen(path: string, app: Hono): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: limits }) as Server;
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // listen() binds before it returns, so nobody ever sees the socket with another mode.
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
  await chmod(path, ownerOnly);
  return server;
}

/** What a process that was killed left behind. Throws where somebody answers, and where it is no socket. */
async function removeDead(path: string): Promise<void> {
  const found = await lstat(path).catch(absent);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error('there is a file of that name that is no socket');
  if (await answers(path))
    throw new Error('another process answers there (--admin-socket sets another path)');
  await unlink(path).catch(absent);
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** Only a refusal shows that nobody does: one who may not look must not remove. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
