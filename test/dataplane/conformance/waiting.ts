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

/** The value once it has not changed for `quietMs`. */
export async function settledValue(read: () => number, quietMs: number): Promise<number> {
  for (let last = read(); ; ) {
    await sleep(quietMs);
    const now = read();
    if (now === last) return now;
    last = now;
  }
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
