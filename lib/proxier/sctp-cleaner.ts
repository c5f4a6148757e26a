// proxier/sctp-cleaner.ts: has conntrack entries of SCTP deleted that lead to another port than their portal does. A client
// that asks again often enough, from the same port, keeps the entry alive which its first packet made before there was a
// rule, or in the time of another proxy port; it would never get anywhere.
//
// Only for portals that are new or lead to another port: of one that is gone, or has no endpoints, the entries are what
// carries the associations that may still end in peace.
import type { IpFamily } from '../model/ip.js';
import type { Conntrack, FlowPortal } from './conntrack.js';
import type { Log } from './log.js';
import { portalKey } from './plan.js';
import type { Portal } from './rule-applier.js';

export class SctpCleaner {
  readonly #conntrack: Conntrack;
  readonly #log: Log;
  /** By portal, the proxy ports that all entries lead to, in a text. */
  #clean: ReadonlyMap<string, string> = new Map();
  #portals: readonly Portal[] | undefined;

  constructor(conntrack: Conntrack, log: Log) {
    this.#conntrack = conntrack;
    this.#log = log;
  }

  /**
   * Call when the rules for `portals` stand, but for those of the `failed` families, whose entries are left for later.
   * Resolves with how many entries were deleted; undefined: it failed, and is tried again with the next call.
   */
  async clean(
    portals: readonly Portal[],
    failed: ReadonlySet<IpFamily>,
    localAddresses: ReadonlySet<string>,
  ): Promise<number | undefined> {
    if (portals === this.#portals) return 0;
    const next = new Map<string, string>();
    const stale: FlowPortal[] = [];
    for (const portal of portals) {
      if (portal.protocol !== 'SCTP') continue;
      const { ipFamily, ip, port } = portal;
      const proxyPorts = portal.ways.map(({ proxyPort }) => proxyPort);
      const ports = proxyPorts.join();
      const key = portalKey(portal);
      const before = this.#clean.get(key);
      if (!failed.has(ipFamily)) {
        next.set(key, ports);
        if (before !== ports) stale.push({ ipFamily, ip, port, proxyPorts });
      } else if (before !== undefined) next.set(key, before);
    }
    try {
      const deleted = stale.length === 0 ? 0 : await this.#conntrack.deleteStaleSctp(stale, localAddresses);
      this.#clean = next;
      this.#portals = failed.size === 0 ? portals : undefined;
      return deleted;
    } catch (err) {
      this.#log.warn({ err }, 'stale SCTP conntrack entries could not be deleted: trying again');
      return undefined;
    }
  }
}
