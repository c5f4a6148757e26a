// proxier/pause.ts: gaps in long work. The `node` data plane's sockets share the event loop with syncs and sources: what
// keeps it for 50 ms keeps every client waiting for as long.

/**
 * Returns a function to be awaited between small steps: it lets the event loop run when `sliceMs` of work have gone by
 * since it last did.
 */
export function createPause(sliceMs: number): () => Promise<void> | undefined {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < sliceMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sliceStart = performance.now();
        resolve();
      });
    });
  };
}
