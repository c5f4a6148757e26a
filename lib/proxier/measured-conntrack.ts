// proxier/measured-conntrack.ts: a Conntrack that tells how long it took and how many entries it deleted, by IP family,
// as kube-proxy's metrics have it.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Clock } from './clock.js';
import type { Conntrack, FlowPortal } from './conntrack.js';

export interface ConntrackReport {
  readonly ipFamily: IpFamily;
  readonly durationMs: number;
  readonly deleted: number;
}

/** @param onCleaned called after each piece of work that succeeded */
export function measuredConntrack(
  conntrack: Conntrack,
  clock: Clock,
  onCleaned: (report: ConntrackReport) => void,
): Conntrack {
  async function measured(
    portals: readonly FlowPortal[],
    clean: (ofFamily: readonly FlowPortal[]) => Promise<number>,
  ): Promise<number> {
    let total = 0;
    for (const ipFamily of ipFamilies) {
      const ofFamily = portals.filter((portal) => portal.ipFamily === ipFamily);
      if (ofFamily.length === 0) continue;
      const startedMs = clock.monotonic();
      const deleted = await clean(ofFamily);
      onCleaned({ ipFamily, durationMs: clock.monotonic() - startedMs, deleted });
      total += deleted;
    }
    return total;
  }
  return {
    deleteStaleUdp: (portals, localAddresses) =>
      measured(portals, (ofFamily) => conntrack.deleteStaleUdp(ofFamily, localAddresses)),
    deleteStaleSctp: (portals, localAddresses) =>
      measured(portals, (ofFamily) => conntrack.deleteStaleSctp(ofFamily, localAddresses)),
  };
}
