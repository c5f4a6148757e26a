// model/snapshot-builder.ts: the next snapshot out of the last one and what changed since. It looks at the changed
// Services alone; all else is shared by identity.
import type { Change } from './change-tracker.js';
import { copyOnWriteMap } from './copy-on-write-map.js';
import type { Endpoint } from './endpoint.js';
import { type NodeFacts, unknownNode } from './node-facts.js';
import type { PortalAddress } from './portal-address.js';
import { createPortalClaims } from './portal-conflicts.js';
import { createProblemList } from './problem-list.js';
import type { ServicePort } from './service-port.js';
import type { ConvertedService } from './service-ports.js';
import { sameLists } from './slice-record.js';
import type { ModelProblem, Snapshot } from './snapshot.js';
import { noEndpoints, usableEndpoints } from './usable-endpoints.js';

export interface SnapshotChanges {
  readonly services: ReadonlyMap<string, Change<ConvertedService>>;
  /** ServicePorts, served or not, whose endpoints may differ. */
  readonly endpointsOf: Iterable<ServicePort>;
  /** By object: all its problems now. Those of Services are in `services`. */
  readonly problems: Iterable<readonly [object: string, problems: readonly ModelProblem[]]>;
  /** As of now. Where its zone differs from the last one's, every ServicePort's endpoints are chosen anew. */
  readonly node: Pick<NodeFacts, 'name' | 'zone'>;
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
  let last: Snapshot = { servicePorts: new Map(), portals: new Map(), endpoints: new Map(), problems: [] };
  let node: SnapshotChanges['node'] = unknownNode('');

  const refresh = (servicePort: ServicePort): void => {
    const endpoints = lookup(servicePort, allEndpoints.get(servicePort.key) ?? none);
    if (endpoints.length > 0) allEndpoints.set(servicePort.key, endpoints);
    else allEndpoints.delete(servicePort.key);
  };

  return {
    build(changes) {
      const servicePorts = copyOnWriteMap(last.servicePorts);
      const portals = copyOnWriteMap(last.portals);
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
          portals.delete(servicePort.key);
          endpoints.delete(servicePort.key);
          problems.set(conflictSource(servicePort), []);
        }
        for (const servicePort of after) {
          if (!before.includes(servicePort)) claims.claim(servicePort);
          stale.set(servicePort.key, servicePort);
        }
      }

      const shown = new Set(stale.keys());
      for (const settled of claims.takeTouched()) {
        const { servicePort } = settled;
        problems.set(conflictSource(servicePort), settled.problems);
        shown.add(servicePort.key);
        if (settled.portals.length > 0) {
          servicePorts.set(servicePort.key, servicePort);
          portals.set(servicePort.key, keptPortals(last.portals.get(servicePort.key), settled.portals));
        } else {
          servicePorts.delete(servicePort.key);
          portals.delete(servicePort.key);
        }
      }

      for (const servicePort of stale.values()) refresh(servicePort);
      const isElsewhere = changes.node.name !== node.name || changes.node.zone !== node.zone;
      node = changes.node;
      if (isElsewhere) for (const key of servicePorts.result().keys()) shown.add(key);
      for (const key of shown) {
        const servicePort = servicePorts.get(key);
        const all = allEndpoints.get(key);
        const usable =
          servicePort === undefined || all === undefined
            ? noEndpoints
            : usableEndpoints(all, servicePort, node, endpoints.get(key));
        if (usable.hasAny || usable.resting.length > 0) endpoints.set(key, usable);
        else endpoints.delete(key);
      }

      for (const [object, ofObject] of changes.problems) problems.set(object, ofObject);
      const next = {
        servicePorts: servicePorts.result(),
        portals: portals.result(),
        endpoints: endpoints.result(),
        problems: problems.list(),
      };
      if (!sameSnapshot(last, next)) last = next;
      return last;
    },
  };
}

function sameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return (
    a.servicePorts === b.servicePorts &&
    a.portals === b.portals &&
    a.endpoints === b.endpoints &&
    a.problems === b.problems
  );
}

function keptPortals(
  before: readonly PortalAddress[] | undefined,
  after: readonly PortalAddress[],
): readonly PortalAddress[] {
  const isSame = (a: PortalAddress, b: PortalAddress): boolean =>
    a.kind === b.kind && a.ip === b.ip && a.port === b.port;
  return before !== undefined && sameLists(before, after, isSame) ? before : after;
}

/** No object's name, so that it does not clash with the Service's own problems. */
function conflictSource({ key }: ServicePort): string {
  return `portal of ${key}`;
}
