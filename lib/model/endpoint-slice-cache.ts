// model/endpoint-slice-cache.ts: all EndpointSlices and legacy Endpoints, by Service, as SliceRecords. A slice may come
// before its Service: it is kept, and used when the Service comes.
import { type ChangeTracker, createChangeTracker } from './change-tracker.js';
import { convertEndpointSlice } from './convert-endpoint-slice.js';
import { convertEndpoints } from './convert-endpoints.js';
import type { Endpoint } from './endpoint.js';
import type { IpFamily } from './ip.js';
import type { EndpointSliceObject, EndpointsObject, ObjectRef } from './kube-objects.js';
import { mergeEndpoints } from './merge-endpoints.js';
import { refText, refTextOf } from './object-names.js';
import type { ServicePort } from './service-port.js';
import { type SliceRecord, sameRecord } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';
import { createStringPool } from './string-pool.js';

export type TriggerTimesMs = Readonly<Record<IpFamily, readonly number[]>>;

export interface TakenSliceChanges {
  /** `ns/name` of the Services whose endpoints may differ from what they were at the last take(). */
  readonly services: ReadonlySet<string>;
  /** The problems that each changed object has now, by its reference; empty when it has none (any more). */
  readonly problems: ReadonlyMap<string, readonly ModelProblem[]>;
  /** See TakenSnapshot. */
  readonly triggerTimesMs: TriggerTimesMs;
}

export interface EndpointSliceCache {
  upsert(object: EndpointSliceObject | EndpointsObject): void;
  remove(ref: ObjectRef): void;
  readonly changes: Pick<ChangeTracker<SliceRecord>, 'pending' | 'total' | 'entries'>;
  /** Brings endpointsOf() up to date, and says what that concerns. */
  take(): TakenSliceChanges;
  /** All endpoints of a ServicePort, usable or not, as of the last take(); see mergeEndpoints() for `previous`. */
  endpointsOf(servicePort: ServicePort, previous: readonly Endpoint[]): readonly Endpoint[];
}

export function createEndpointSliceCache(): EndpointSliceCache {
  const changes = createChangeTracker(sameRecord);
  const byService = new Map<string, readonly SliceRecord[]>();
  const triggerTimes = new Map<string, number[]>();
  const pool = createStringPool();

  return {
    changes,
    upsert(object) {
      const ref = refTextOf(object);
      const record =
        object.kind === 'EndpointSlice' ? convertEndpointSlice(object, pool) : convertEndpoints(object, pool);
      // A list that is read again brings old times with it: they are not those of a change.
      if (changes.set(ref, record)) noteTriggerTime(triggerTimes, ref, record.triggerTimeMs);
    },
    remove(ref) {
      changes.set(refText(ref), undefined);
    },
    take() {
      const services = new Set<string>();
      const problems = new Map<string, readonly ModelProblem[]>();
      const triggerTimesMs: Record<IpFamily, number[]> = { IPv4: [], IPv6: [] };
      for (const [ref, { previous, current }] of changes.take()) {
        replaceRecord(byService, previous, current);
        for (const record of [previous, current]) if (record?.service) services.add(record.service);
        problems.set(ref, current?.problems ?? []);
        if (current?.ipFamily) triggerTimesMs[current.ipFamily].push(...(triggerTimes.get(ref) ?? []));
      }
      triggerTimes.clear();
      return { services, problems, triggerTimesMs };
    },
    endpointsOf(servicePort, previous) {
      const { name, ipFamily } = servicePort;
      const records = byService.get(`${name.namespace}/${name.name}`) ?? [];
      const sliced = records.some((record) => record.ipFamily === ipFamily);
      const lists = records
        .filter(({ kind }) => kind === 'EndpointSlice' || !sliced)
        .flatMap(({ groups }) => groups)
        .filter(
          (group) =>
            group.ipFamily === ipFamily && group.portName === name.port && group.protocol === name.protocol,
        )
        .map(({ endpoints }) => endpoints);
      return mergeEndpoints(lists, previous);
    },
  };
}

/** A changed slice keeps its place among its Service's: the order of endpoints that are new at once depends on it. */
function replaceRecord(
  byService: Map<string, readonly SliceRecord[]>,
  previous: SliceRecord | undefined,
  current: SliceRecord | undefined,
): void {
  const stays = previous?.service === current?.service;
  if (previous?.service !== undefined) {
    const replacement = stays && current !== undefined ? [current] : [];
    const records = (byService.get(previous.service) ?? []).flatMap((record) =>
      record === previous ? replacement : [record],
    );
    if (records.length > 0) byService.set(previous.service, records);
    else byService.delete(previous.service);
  }
  if (stays || current?.service === undefined) return;
  byService.set(current.service, (byService.get(current.service) ?? []).concat(current));
}

/** Of each change there has been since the last take(), as kube-proxy measures it. */
function noteTriggerTime(triggerTimes: Map<string, number[]>, ref: string, timeMs: number | undefined): void {
  if (timeMs === undefined) return;
  const noted = triggerTimes.get(ref) ?? [];
  if (!noted.includes(timeMs)) triggerTimes.set(ref, [...noted, timeMs]);
}
