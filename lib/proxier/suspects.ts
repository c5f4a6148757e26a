// proxier/suspects.ts: of all endpoints the few whose address is a portal's or one of this host's: only they can lead
// back into this proxy (refusals.ts). Looks at what changed since the last time; 100,000 endpoints are not looked at twice.
import type { Endpoint } from '../model/endpoint.js';
import { isLocalAddress } from '../model/self-loops.js';
import type { Snapshot } from '../model/snapshot.js';
import { reachableEndpoints } from '../model/usable-endpoints.js';

type EndpointsByKey = ReadonlyMap<string, readonly Endpoint[]>;

export interface SuspectFinder {
  /** By ServicePort key; the same map again while nothing changed. May hold some whose portal is gone. */
  find(
    snapshot: Pick<Snapshot, 'portals' | 'endpoints'>,
    localAddresses: ReadonlySet<string>,
  ): EndpointsByKey;
}

const none: readonly Endpoint[] = [];

export function suspectFinder(): SuspectFinder {
  let portals: Snapshot['portals'] | undefined;
  let portalIPs: ReadonlySet<string> = new Set();
  let local: ReadonlySet<string> = new Set();
  let looked: Snapshot['endpoints'] = new Map();
  let found: EndpointsByKey = new Map();

  /** Portals' addresses that were not there the last time. A nodePort has none of its own: it is at all of this host's. */
  function addedIPs(snapshot: Pick<Snapshot, 'portals'>): ReadonlySet<string> {
    const added = new Set<string>();
    if (snapshot.portals === portals) return added;
    const before = portalIPs;
    const now = new Set<string>();
    for (const addresses of snapshot.portals.values()) {
      for (const { ip } of addresses) {
        now.add(ip);
        if (!before.has(ip)) added.add(ip);
      }
    }
    portals = snapshot.portals;
    portalIPs = now;
    return added;
  }

  return {
    find(snapshot, localAddresses) {
      const added = addedIPs(snapshot);
      const sameLocal = localAddresses === local;
      if (sameLocal && added.size === 0 && snapshot.endpoints === looked) return found;
      local = localAddresses;
      const isAdded = ({ ip }: Endpoint): boolean => added.has(ip);
      const isOurs = ({ ip }: Endpoint): boolean => portalIPs.has(ip) || isLocalAddress(ip, localAddresses);
      const next = new Map<string, readonly Endpoint[]>();
      for (const [key, usable] of snapshot.endpoints) {
        const known = sameLocal && looked.get(key) === usable;
        const endpoints = known && added.size === 0 ? none : reachableEndpoints(usable);
        if (known && (added.size === 0 || !endpoints.some(isAdded))) {
          const before = found.get(key);
          if (before !== undefined) next.set(key, before);
        } else if (endpoints.some(isOurs)) {
          next.set(key, endpoints.filter(isOurs));
        }
      }
      looked = snapshot.endpoints;
      found = next;
      return found;
    },
  };
}
