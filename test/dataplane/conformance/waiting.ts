// dataplane/conformance/waiting.ts: waiting for what comes true soon, with a deadline.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once `holds` does; rejects with `what` after `deadlineMs`. */
export async function eventually(what: string, holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`did not come true within ${deadlineMs} ms: ${what}`);
    await sleep(5);
  }
}

/** What `promise` comes to; rejects with `what` after `deadlineMs`, so that no test waits for ever. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = 20_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`did not happen within ${deadlineMs} ms: ${what}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The value once it has not changed for `quietMs`. */
export async function settledValue(
  read: () => number,
  quietMs: number,
  deadlineMs = 20_000,
): Promise<number> {
  const endMs = performance.now() + deadlineMs;
  for (let last = read(); ; ) {
    await sleep(quietMs);
    const now = read();
    if (now === last) return now;
    if (performance.now() > endMs) throw new Error(`still changing after ${deadlineMs} ms: ${last}, ${now}`);
    last = now;
  }
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
