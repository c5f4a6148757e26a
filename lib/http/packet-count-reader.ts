// http/packet-count-reader.ts: reads the kernel's packet counters for a scrape: once, though two metrics come of it, and
// never so often that scraping costs processes without end. Where iptables fails, or waits for its lock, the samples are
// left out: a scrape must not wait with it.
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';
import type { PacketCountReader, PacketCounts } from './kube-proxy-metrics.js';

/** One scrape's metrics, and those of scrapes at the same time, share a reading. */
const keptForMs = 1_000;

/** Of a reading that takes longer the next scrape may have the result. */
const waitedForMs = 1_000;

/** @param read asks the kernel; may reject. Never runs twice at once. */
export function packetCountReader(
  read: () => Promise<PacketCounts>,
  clock: Clock,
  log: Log,
): PacketCountReader {
  let last: { readonly atMs: number; readonly counts: PacketCounts | undefined } | undefined;
  let reading: Promise<PacketCounts | undefined> | undefined;

  async function readOnce(): Promise<PacketCounts | undefined> {
    const counts = await read().catch((err: unknown) => {
      log.debug({ err }, 'packet counters could not be read');
      return undefined;
    });
    last = { atMs: clock.monotonic(), counts };
    reading = undefined;
    return counts;
  }

  return async () => {
    if (last !== undefined && clock.monotonic() - last.atMs < keptForMs) return last.counts;
    reading ??= readOnce();
    let cancel = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.after(waitedForMs, () => resolve(undefined));
    });
    return Promise.race([reading, late]).finally(() => cancel());
  };
}
