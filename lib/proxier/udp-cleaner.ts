// proxier/udp-cleaner.ts: remembers which UDP portals have clean conntrack entries, and has the others cleaned. An entry
// outlives the rule that made it for as long as its client keeps sending.
import type { IpFamily } from '../model/ip.js';
import type { Conntrack, UdpPortal } from './conntrack.js';
import type { Log } from './log.js';
import { portalKey, staleUdp } from './plan.js';
import type { Portal, StandingPortal } from './rule-applier.js';

const none: readonly never[] = [];

export class UdpCleaner {
  readonly #conntrack: Conntrack;
  readonly #log: Log;
  /** Portals that the kernel has had, and whose entries are right. */
  #clean: readonly Portal[] = none;
  /** From before this program's start: their clients may still be led to ports that are somebody else's by now. */
  #inherited: readonly StandingPortal[] = none;
  #localAddresses: ReadonlySet<string> | undefined;

  constructor(conntrack: Conntrack, log: Log) {
    this.#conntrack = conntrack;
    this.#log = log;
  }

  inherit(standing: Iterable<StandingPortal>): void {
    this.#inherited = [...standing].filter(({ protocol }) => protocol === 'UDP');
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
    const addressLost = [...(this.#localAddresses ?? none)].some((address) => !localAddresses.has(address));
    if (portals === this.#clean && this.#inherited.length === 0 && !addressLost) return 0;
    const present = new Set(portals.map(portalKey));
    const gone = this.#inherited.filter((portal) => !present.has(portalKey(portal)));
    const stale: readonly UdpPortal[] = [
      // An address that was lost may be what any entry leads to.
      ...staleUdp(addressLost ? none : this.#clean, portals),
      ...(addressLost ? staleUdp(this.#clean, none) : none).filter((portal) => !present.has(udpKey(portal))),
      ...gone.map(({ ipFamily, ip, port }) => ({ ipFamily, ip, port })),
    ].filter(({ ipFamily }) => !failed.has(ipFamily));
    try {
      const deleted = stale.length === 0 ? 0 : await this.#conntrack.deleteStaleUdp(stale, localAddresses);
      this.#clean = failed.size === 0 ? portals : merged(this.#clean, portals, failed);
      this.#inherited = this.#inherited.filter(({ ipFamily }) => failed.has(ipFamily));
      this.#localAddresses = localAddresses;
      return deleted;
    } catch (err) {
      this.#log.warn({ err }, 'stale UDP conntrack entries could not be deleted: trying again');
      return undefined;
    }
  }
}

function udpKey({ ip, port }: UdpPortal): string {
  return portalKey({ ip, port, protocol: 'UDP' });
}

function merged(
  before: readonly Portal[],
  after: readonly Portal[],
  failed: ReadonlySet<IpFamily>,
): readonly Portal[] {
  return [
    ...before.filter(({ ipFamily }) => failed.has(ipFamily)),
    ...after.filter(({ ipFamily }) => !failed.has(ipFamily)),
  ];
}
