// test/support/eventually.ts: waiting for what a program of its own does: a look now and then, never a fixed sleep.

/** Milliseconds until `holds` was true. Rejects after `timeoutMs` with `what` and the last thing that was thrown. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  timeoutMs = 8000,
): Promise<number> {
  const startMs = performance.now();
  let cause: unknown;
  for (;;) {
    try {
      if (await holds()) return Math.round(performance.now() - startMs);
    } catch (err) {
      cause = err;
    }
    if (performance.now() - startMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause });
    }
    await sleep(20);
  }
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
