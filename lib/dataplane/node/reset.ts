// dataplane/node/reset.ts: ends a TCP socket with a reset, so that its peer can't take a cut stream for a whole one.
import type { Socket } from 'node:net';

/** What is still to be sent is dropped. A socket that is not connected yet is only closed. Idempotent. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting || socket.pending) {
    socket.destroy();
    return;
  }
  socket.resetAndDestroy();
}
