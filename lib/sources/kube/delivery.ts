// sources/kube/delivery.ts: what of one kind has been handed to the SourceHandler, and the handing over itself.
// Keeps a key and a version per object, not the object. A resourceVersion is unique in a cluster's history, so the same
// one (of an object of the same uid: a cluster may be set up anew at its address) is the same state, delivered once.
import { formatRef, type ObjectRef } from '../../model/kube-objects.js';
import type { Log } from '../../proxier/log.js';
import type { SourceHandler } from '../../proxier/source.js';
import type { FieldProblem } from './fields.js';
import { isRecord } from './fields.js';
import type { KubeResource } from './kube-resource.js';

export interface Delivery {
  /** Added or changed: an object as the API server sent it. Never throws. */
  upsert(raw: unknown): void;
  /** An object in its last state. Never throws. */
  remove(raw: unknown): void;
  /** From here on, what upsert() is not called with until endList() is gone. */
  beginList(): void;
  /** The list is complete: removes what it did not hold. */
  endList(): void;
}

interface Delivered {
  readonly ref: ObjectRef;
  /** uid and resourceVersion; '' when the handler failed, so that the next list delivers it again. */
  readonly version: string;
  /** The list that held it last. */
  readonly list: number;
}

export function createDelivery(resource: KubeResource, handler: SourceHandler, log: Log): Delivery {
  const delivered = new Map<string, Delivered>();
  let list = 0;

  const call = (method: keyof SourceHandler, ref: ObjectRef, act: () => void): boolean => {
    try {
      act();
      return true;
    } catch (err) {
      log.error({ object: formatRef(ref), method, err }, 'the handler threw; the source goes on');
      return false;
    }
  };

  const reportProblems = (object: string, problems: readonly FieldProblem[]) => {
    if (problems.length === 0) return;
    log.warn(
      { object, problems: problems.slice(0, 10) },
      'an object has fields of a wrong shape; they are left out',
    );
  };

  const forget = (key: string, ref: ObjectRef) => {
    delivered.delete(key);
    call('remove', ref, () => handler.remove(ref));
  };

  return {
    upsert: (raw) => {
      const ref = refOfRaw(resource, raw);
      if (ref === undefined) {
        log.warn({ kind: resource.kind }, 'an object without a name was left out');
        return;
      }
      const key = keyOf(ref);
      const version = versionOf(raw);
      const known = delivered.get(key);
      if (known !== undefined && known.version === version && version !== '') {
        delivered.set(key, { ...known, list });
        return;
      }
      const { object, problems } = resource.convert(raw);
      reportProblems(formatRef(ref), problems);
      if (object === undefined) {
        log.warn({ object: formatRef(ref) }, 'an object could not be read; its last good state stays');
        if (known !== undefined) delivered.set(key, { ...known, list });
        return;
      }
      const accepted = call('upsert', ref, () => handler.upsert(object));
      delivered.set(key, { ref, version: accepted ? version : '', list });
    },
    remove: (raw) => {
      const ref = refOfRaw(resource, raw);
      if (ref === undefined) {
        log.warn({ kind: resource.kind }, 'a removed object had no name and was left out');
        return;
      }
      if (delivered.has(keyOf(ref))) forget(keyOf(ref), ref);
    },
    beginList: () => {
      list += 1;
    },
    endList: () => {
      for (const [key, { ref, list: seenIn }] of delivered) {
        if (seenIn !== list) forget(key, ref);
      }
    },
  };
}

/** '' where there is none. */
export function resourceVersionOf(raw: unknown): string {
  const { resourceVersion } = metadataOf(raw);
  return typeof resourceVersion === 'string' ? resourceVersion : '';
}

/** '' where there is no resourceVersion. */
function versionOf(raw: unknown): string {
  const resourceVersion = resourceVersionOf(raw);
  return resourceVersion === '' ? '' : `${String(metadataOf(raw).uid)} ${resourceVersion}`;
}

function metadataOf(raw: unknown): Readonly<Record<string, unknown>> {
  const metadata = isRecord(raw) ? raw.metadata : undefined;
  return isRecord(metadata) ? metadata : {};
}

function refOfRaw(resource: KubeResource, raw: unknown): ObjectRef | undefined {
  const { name, namespace } = metadataOf(raw);
  if (typeof name !== 'string' || name === '') return undefined;
  return { kind: resource.kind, namespace: typeof namespace === 'string' ? namespace : '', name };
}

function keyOf(ref: ObjectRef): string {
  return `${ref.namespace}/${ref.name}`;
}
