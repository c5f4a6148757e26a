// proxier/udp-cleaner.ts: remembers, for each family, for which rules the UDP conntrack entries have been put right, and
// has the others cleaned. An entry outlives the rule that made it for as long as its client keeps sending.
import { type IpFamily, ipFamilies, ipFamilyOf } from '../model/ip.js';
import type { Conntrack, FlowPortal } from './conntrack.js';
import type { Log } from './log.js';
import type { DesiredRules, StandingPortal } from './rule-applier.js';
import {
  noUdpRoutes,
  staleUdp,
  standingUdpRoutes,
  type UdpRoutes,
  udpAtLostAddresses,
  udpRoutes,
} from './stale-udp.js';

interface Cleaned {
  /** Undefined: nothing was cleaned yet since the start, and any entry may be wrong. */
  readonly desired: DesiredRules | undefined;
  readonly localAddresses: ReadonlySet<string>;
  readonly routes: UdpRoutes;
}

const nothing: Cleaned = { desired: undefined, localAddresses: new Set(), routes: noUdpRoutes };

export class UdpCleaner {
  readonly #conntrack: Conntrack;
  readonly #log: Log;
  readonly #cleaned: Record<IpFamily, Cleaned> = { IPv4: nothing, IPv6: nothing };

  constructor(conntrack: Conntrack, log: Log) {
    this.#conntrack = conntrack;
    this.#log = log;
  }

  /** From before this program's start: their clients may still be led to ports that are somebody else's by now. */
  inherit(standing: Iterable<StandingPortal>): void {
    const portals = [...standing];
    for (const ipFamily of ipFamilies) {
      this.#cleaned[ipFamily] = { ...nothing, routes: standingUdpRoutes(portals, ipFamily) };
    }
  }

  /**
   * Call when the rules stand as desired, but for those of the `failed` families, whose entries are left for later.
   * Resolves with how many entries were deleted; undefined: it failed, and is tried again with the next call.
   */
  async clean(
    desired: DesiredRules,
    failed: ReadonlySet<IpFamily>,
    localAddresses: ReadonlySet<string>,
  ): Promise<number | undefined> {
    const stale: FlowPortal[] = [];
    const next = new Map<IpFamily, Cleaned>();
    for (const ipFamily of ipFamilies) {
      const before = this.#cleaned[ipFamily];
      const isClean = before.desired === desired && before.localAddresses === localAddresses;
      if (failed.has(ipFamily) || isClean) continue;
      // Link-local addresses of pods' interfaces come and go all day: IPv4's entries need no look for that.
      const lost = [...before.localAddresses].filter(
        (address) => !localAddresses.has(address) && ipFamilyOf(address) === ipFamily,
      );
      const routes = udpRoutes(desired, ipFamily, localAddresses);
      // An address that was lost may be what any entry leads to.
      const all = before.desired === undefined || lost.length > 0;
      stale.push(
        ...staleUdp(ipFamily, before.routes, routes, all),
        ...udpAtLostAddresses(ipFamily, routes, lost),
      );
      next.set(ipFamily, { desired, localAddresses, routes });
    }
    try {
      const deleted = stale.length === 0 ? 0 : await this.#conntrack.deleteStaleUdp(stale, localAddresses);
      for (const [ipFamily, cleaned] of next) this.#cleaned[ipFamily] = cleaned;
      return deleted;
    } catch (err) {
      this.#log.warn({ err }, 'stale UDP conntrack entries could not be deleted: trying again');
      return undefined;
    }
  }
}
