// dataplane/node/reset.ts: ends a TCP socket with a reset, so that its peer can't take a cut stream for a whole one.
import type { Socket } from 'node:net';

/** What is still to be sent is dropped. A socket that is not connected yet is only closed. Idempotent. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting || socket.pending) {
    socket.destroy();
    return;
  }
  if (isShuttingDown(socket)) {
    // Ahead of every other listener and of the stream's own end: both sides ended would else be a clean close.
    socket.prependOnceListener('finish', () => reset(socket));
    return;
  }
  socket.resetAndDestroy();
}

/**
 * All is sent and shutdown(2) waits for the loop's next turn. Until then libuv refuses a reset (EINVAL,
 * uv_tcp_close_reset), and Node would forget the handle without closing it: no 'close' event, a leaked descriptor.
 */
function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
