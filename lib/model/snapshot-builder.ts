// model/snapshot-builder.ts: the next snapshot out of the last one and what changed since. It looks at the changed
// Services alone; all else is shared by identity.
import type { Change } from './change-tracker.js';
import { copyOnWriteMap } from './copy-on-write-map.js';
import type { Endpoint } from './endpoint.js';
import { conflictProblem, createPortalClaims } from './portal-conflicts.js';
import { createProblemList } from './problem-list.js';
import type { ServicePort } from './service-port.js';
import type { ConvertedService } from './service-ports.js';
import { sameEndpoint, sameLists } from './slice-record.js';
import type { ModelProblem, Snapshot } from './snapshot.js';
import { usableEndpoints } from './usable-endpoints.js';

export interface SnapshotChanges {
  readonly services: ReadonlyMap<string, Change<ConvertedService>>;
  /** ServicePorts, served or not, whose endpoints may differ. */
  readonly endpointsOf: Iterable<ServicePort>;
  /** By object: all its problems now. Those of Services are in `services`. */
  readonly problems: Iterable<readonly [object: string, problems: readonly ModelProblem[]]>;
}

export interface SnapshotBuilder {
  build(changes: SnapshotChanges): Snapshot;
}

/** All endpoints of a ServicePort, usable or not; `previous` itself where nothing changed. */
export type EndpointLookup = (servicePort: ServicePort, previous: readonly Endpoint[]) => readonly Endpoint[];

const none: readonly Endpoint[] = [];

export function createSnapshotBuilder(lookup: EndpointLookup): SnapshotBuilder {
  const claims = createPortalClaims();
  const problems = createProblemList();
  /** By ServicePort key, of those that lost their portal as well: their order must not depend on that. */
  const allEndpoints = new Map<string, readonly Endpoint[]>();
  let last: Snapshot = { servicePorts: new Map(), endpoints: new Map(), problems: [] };

  const refresh = (servicePort: ServicePort): void => {
    const endpoints = lookup(servicePort, allEndpoints.get(servicePort.key) ?? none);
    if (endpoints.length > 0) allEndpoints.set(servicePort.key, endpoints);
    else allEndpoints.delete(servicePort.key);
  };

  return {
    build(changes) {
      const servicePorts = copyOnWriteMap(last.servicePorts);
      const endpoints = copyOnWriteMap(last.endpoints);
      const stale = new Map<string, ServicePort>();
      for (const servicePort of changes.endpointsOf) stale.set(servicePort.key, servicePort);

      for (const [object, change] of changes.services) {
        problems.set(object, change.current?.problems ?? []);
        const before = change.previous?.servicePorts ?? [];
        const after = change.current?.servicePorts ?? [];
        const stays = new Set(after.map(({ key }) => key));
        for (const servicePort of before) {
          if (!after.includes(servicePort)) claims.release(servicePort);
          if (stays.has(servicePort.key)) continue;
          stale.delete(servicePort.key);
          allEndpoints.delete(servicePort.key);
          servicePorts.delete(servicePort.key);
          endpoints.delete(servicePort.key);
          problems.set(conflictSource(servicePort), []);
        }
        for (const servicePort of after) {
          if (!before.includes(servicePort)) claims.claim(servicePort);
          stale.set(servicePort.key, servicePort);
        }
      }

      const shown = new Map(stale);
      for (const [winner, ...losers] of claims.takeTouched()) {
        if (winner === undefined) continue;
        servicePorts.set(winner.key, winner);
        problems.set(conflictSource(winner), []);
        shown.set(winner.key, winner);
        for (const loser of losers) {
          servicePorts.delete(loser.key);
          problems.set(conflictSource(loser), [conflictProblem(loser, winner)]);
          shown.set(loser.key, loser);
        }
      }

      for (const servicePort of stale.values()) refresh(servicePort);
      for (const { key } of shown.values()) {
        const isServed = servicePorts.get(key) !== undefined;
        const usable = isServed ? usableEndpoints(allEndpoints.get(key) ?? none) : none;
        if (usable.length === 0) endpoints.delete(key);
        else if (!sameLists(usable, endpoints.get(key) ?? none, sameEndpoint)) endpoints.set(key, usable);
      }

      for (const [object, ofObject] of changes.problems) problems.set(object, ofObject);
      const next = {
        servicePorts: servicePorts.result(),
        endpoints: endpoints.result(),
        problems: problems.list(),
      };
      if (!sameSnapshot(last, next)) last = next;
      return last;
    },
  };
}

function sameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return a.servicePorts === b.servicePorts && a.endpoints === b.endpoints && a.problems === b.problems;
}

/** No object's name, so that it does not clash with the Service's own problems. */
function conflictSource({ key }: ServicePort): string {
  return `portal of ${key}`;
}
