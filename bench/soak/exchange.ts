// bench/soak/exchange.ts: sending and receiving checked streams on a socket, for both sides of a connection.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { piece, type StreamCheck } from './payload.js';

const pieceBytes = 64 * 1024;
const slowRestMs = 4;

/** Resolves when the kernel has taken all of it; rejects when the connection is cut before. */
export async function send(socket: Socket, seed: number, from: number, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; ) {
    const part = piece(seed, from + sent, Math.min(pieceBytes, bytes - sent));
    sent += part.length;
    await new Promise<void>((resolve, reject) => {
      socket.write(part, (err) => (err ? reject(err) : resolve()));
    });
  }
}

export type Ending = 'fin' | 'reset';

/** To the end of what the peer sends, or until `enough` bytes have come. */
export async function receive(
  socket: Socket,
  check: StreamCheck,
  options: { readonly slow?: boolean; readonly enough?: number } = {},
): Promise<Ending | 'enough'> {
  const { slow = false, enough = Number.POSITIVE_INFINITY } = options;
  while (check.bytes < enough) {
    // Not within libuv's read callback, where a reset that comes right behind data is reported as a clean end.
    await nextTurn();
    const chunk: Buffer | null = socket.read();
    if (chunk !== null) {
      check.take(chunk);
      if (slow) await sleep(slowRestMs);
    } else if (socket.readableEnded) return 'fin';
    else if (socket.errored !== null || socket.destroyed) return 'reset';
    else await somethingNew(socket);
  }
  return 'enough';
}

/** Resolves when there may be something to read, an end or a cut. */
export async function somethingNew(socket: Socket): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const events = ['readable', 'end', 'close'].map((event) => once(socket, event, { signal }));
  try {
    // An error rejects each of them: receive() looks at the socket anyhow.
    await Promise.race(events).catch(() => {});
  } finally {
    stop.abort();
    await Promise.allSettled(events);
  }
}
