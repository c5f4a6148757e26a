// proxier/suspects.ts: of all endpoints the few whose address is a clusterIP or one of this host's: only they can lead
// back into this proxy (refusals.ts). Looks at what changed since the last time; 100,000 endpoints are not looked at twice.
import type { Endpoint } from '../model/endpoint.js';
import type { Snapshot } from '../model/snapshot.js';

type EndpointsByKey = ReadonlyMap<string, readonly Endpoint[]>;

export interface SuspectFinder {
  /** By ServicePort key; the same map again while nothing changed. May hold some whose clusterIP is gone. */
  find(snapshot: Snapshot, localAddresses: ReadonlySet<string>): EndpointsByKey;
}

export function suspectFinder(): SuspectFinder {
  let servicePorts: Snapshot['servicePorts'] | undefined;
  let clusterIPs: ReadonlySet<string> = new Set();
  let local: ReadonlySet<string> = new Set();
  let looked: EndpointsByKey = new Map();
  let found: EndpointsByKey = new Map();

  /** ClusterIPs that were not there the last time. */
  function addedClusterIPs(snapshot: Snapshot): ReadonlySet<string> {
    const added = new Set<string>();
    if (snapshot.servicePorts === servicePorts) return added;
    const before = clusterIPs;
    const now = new Set<string>();
    for (const { clusterIP } of snapshot.servicePorts.values()) {
      now.add(clusterIP);
      if (!before.has(clusterIP)) added.add(clusterIP);
    }
    servicePorts = snapshot.servicePorts;
    clusterIPs = now;
    return added;
  }

  return {
    find(snapshot, localAddresses) {
      const added = addedClusterIPs(snapshot);
      const sameLocal = localAddresses === local;
      if (sameLocal && added.size === 0 && snapshot.endpoints === looked) return found;
      local = localAddresses;
      const isAdded = ({ ip }: Endpoint): boolean => added.has(ip);
      const isOurs = ({ ip }: Endpoint): boolean =>
        clusterIPs.has(ip) || localAddresses.has(ip) || ip.startsWith('127.') || ip === '::1';
      const next = new Map<string, readonly Endpoint[]>();
      for (const [key, endpoints] of snapshot.endpoints) {
        const known = sameLocal && looked.get(key) === endpoints;
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
