// model/model.ts: what the proxier holds of Kubernetes: objects in, immutable snapshots out. Events only mark dirty;
// takeSnapshot() recomputes the Services that are, and shares everything else with the snapshot before.
import { createChangeTracker } from './change-tracker.js';
import { createEndpointSliceCache } from './endpoint-slice-cache.js';
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
import { metadataProblems, refText, refTextOf } from './object-names.js';
import { sameService, servicePortsOf } from './service-ports.js';
import { sameProblems } from './slice-record.js';
import type { ModelProblem, Snapshot } from './snapshot.js';
import { createSnapshotBuilder } from './snapshot-builder.js';

export interface TakenSnapshot {
  readonly snapshot: Snapshot;
  /**
   * Milliseconds since the epoch, from the annotation `endpoints.kubernetes.io/last-change-trigger-time` of the
   * EndpointSlices whose change is in this snapshot for the first time.
   */
  readonly triggerTimesMs: readonly number[];
}

export interface ChangeCounts {
  readonly serviceChanges: number;
  readonly endpointChanges: number;
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
}

export function createModel(): Model {
  const services = createChangeTracker(sameService);
  const slices = createEndpointSliceCache();
  /** Problems of objects that are neither: Nodes without a name, kinds that nobody reads. */
  const others = createChangeTracker(sameProblems);
  const nodes = new Map<string, NodeObject>();
  const builder = createSnapshotBuilder(slices.endpointsOf);

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
          others.set(ref, problemsOrGone(metadataProblems(object)));
          if (typeof object.metadata?.name === 'string')
            nodes.set(object.metadata.name, object as NodeObject);
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
      if (ref.kind === 'Node') nodes.delete(ref.name);
      (ref.kind === 'Service' ? services : others).set(refText(ref), undefined);
    },
    isDirty: () => services.pending + slices.changes.pending + others.pending > 0,
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
      const snapshot = builder.build({ services: serviceChanges, endpointsOf, problems });
      return { snapshot, triggerTimesMs: sliceChanges.triggerTimesMs };
    },
    node: (name) => nodes.get(name),
  };
}

function problemsOrGone(problems: readonly ModelProblem[]): readonly ModelProblem[] | undefined {
  return problems.length > 0 ? problems : undefined;
}
