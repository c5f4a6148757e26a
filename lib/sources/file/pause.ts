// sources/file/pause.ts: gaps in long work, so that reading 20,000 objects does not hold up the event loop.

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
