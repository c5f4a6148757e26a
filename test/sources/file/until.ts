// Waits for something to come to pass, keeping the process alive (the source's own timers don't).

export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`did not come to pass within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** For what must not happen: long enough for two looks at the files. */
export function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 400));
}
