// model/model.ts: what the proxier holds of Kubernetes: objects in, immutable snapshots out. Events only mark dirty;
// takeSnapshot() recomputes the Services that are, and shares everything else with the snapshot before.
import { createChangeTracker } from './change-tracker.js';
import { createEndpointSliceCache, type TriggerTimesMs } from './endpoint-slice-cache.js';
import type {
  EndpointSliceObject,
  EndpointsObject,
  KubeKind,
  KubeObject,
  NodeObject,
  ObjectRef,
  ServiceObject,
} from './kube-objects.js';
import { fieldsOf, show } from './loose-fields.js';
import { goneNode, type NodeFacts, nodeFactsOf, sameNodeFacts, unknownNode } from './node-facts.js';
import { metadataProblems, refText, refTextOf } from './object-names.js';
import { sameService, servicePortsOf } from './service-ports.js';
import { type ServiceView, serviceNamesOf, serviceViewOf } from './service-view.js';
import { sameProblems } from './slice-record.js';
import type { Snapshot } from './snapshot.js';
import { createSnapshotBuilder } from './snapshot-builder.js';

export interface TakenSnapshot {
  readonly snapshot: Snapshot;
  /**
   * By family, milliseconds since the epoch, from the annotation `endpoints.kubernetes.io/last-change-trigger-time` of the
   * EndpointSlices whose change is in this snapshot for the first time.
   */
  readonly triggerTimesMs: TriggerTimesMs;
  /** The same object as last time if nothing in it changed. */
  readonly node: NodeFacts;
}

export interface ChangeCounts {
  readonly serviceChanges: number;
  readonly endpointChanges: number;
}

export interface ModelOptions {
  /** Of the node that this program runs on; '' where there is none: no endpoint is local then. */
  readonly nodeName: string;
}

export interface Model {
  /** Added or updated: the object's whole present state. Never throws: a wrong object becomes a ModelProblem. */
  upsert(object: KubeObject): void;
  /** Removing what is absent is fine. */
  remove(ref: ObjectRef): void;
  /** Is there anything to do since the last takeSnapshot()? */
  isDirty(): boolean;
  /** Objects that differ from what the last snapshot saw of them. */
  pending(): ChangeCounts;
  /** Events ever received, those that changed nothing included. */
  totals(): ChangeCounts;
  /** The same Snapshot object as last time if nothing in it changed. */
  takeSnapshot(): TakenSnapshot;
  node(name: string): NodeObject | undefined;
  /** What is known of one Service, whether it is served or not, and whether there is one: for people to see. O(objects). */
  view(namespace: string, name: string): ServiceView;
  /** `ns/name` of every Service there is. */
  serviceNames(): Iterable<string>;
}

export function createModel({ nodeName }: ModelOptions): Model {
  const services = createChangeTracker(sameService);
  const slices = createEndpointSliceCache();
  /** Problems of objects that are neither: Nodes without a name, kinds that nobody reads. */
  const others = createChangeTracker(sameProblems);
  const nodes = new Map<string, NodeObject>();
  const builder = createSnapshotBuilder(slices.endpointsOf);
  let ownNode = unknownNode(nodeName);
  let settledNode = ownNode;

  function setNode(ref: string, node: NodeObject): void {
    const problems = [...metadataProblems(node)];
    const facts = nodeFactsOf(node, (field, message) => problems.push({ object: ref, field, message }));
    others.set(ref, problems.length > 0 ? problems : undefined);
    if (facts.name !== '') nodes.set(facts.name, node);
    if (facts.name !== '' && facts.name === nodeName) setOwnNode(facts);
  }

  function setOwnNode(facts: NodeFacts): void {
    ownNode = [settledNode, ownNode].find((known) => sameNodeFacts(known, facts)) ?? facts;
  }

  return {
    upsert(object) {
      const ref = refTextOf(object);
      switch (fieldsOf(object).kind as KubeKind | undefined) {
        case 'Service':
          services.set(ref, servicePortsOf(object as ServiceObject, services.settled(ref)?.servicePorts));
          return;
        case 'EndpointSlice':
        case 'Endpoints':
          slices.upsert(object as EndpointSliceObject | EndpointsObject);
          return;
        case 'Node':
          setNode(ref, object as NodeObject);
          return;
        default:
          others.set(ref, [
            { object: ref, field: 'kind', message: `${show(fieldsOf(object).kind)} is not read` },
          ]);
      }
    },
    remove(ref) {
      if (ref.kind === 'EndpointSlice' || ref.kind === 'Endpoints') {
        slices.remove(ref);
        return;
      }
      if (ref.kind === 'Node') {
        nodes.delete(ref.name);
        if (ref.name === nodeName) setOwnNode(goneNode(nodeName));
      }
      (ref.kind === 'Service' ? services : others).set(refText(ref), undefined);
    },
    isDirty: () => services.pending + slices.changes.pending + others.pending > 0 || ownNode !== settledNode,
    pending: () => ({ serviceChanges: services.pending, endpointChanges: slices.changes.pending }),
    totals: () => ({ serviceChanges: services.total, endpointChanges: slices.changes.total }),
    takeSnapshot() {
      const serviceChanges = services.take();
      const sliceChanges = slices.take();
      const otherProblems = [...others.take()].map(([ref, { current }]) => [ref, current ?? []] as const);
      const endpointsOf = [...sliceChanges.services].flatMap(
        (name) => services.settled(`Service ${name}`)?.servicePorts ?? [],
      );
      const problems = [...sliceChanges.problems, ...otherProblems];
      settledNode = ownNode;
      const snapshot = builder.build({ services: serviceChanges, endpointsOf, problems, node: ownNode });
      return { snapshot, triggerTimesMs: sliceChanges.triggerTimesMs, node: ownNode };
    },
    node: (name) => nodes.get(name),
    view: (namespace, name) => serviceViewOf(`${namespace}/${name}`, services.entries(), slices),
    serviceNames: () => serviceNamesOf(services.entries()),
  };
}
