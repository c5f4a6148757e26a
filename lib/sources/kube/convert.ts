// sources/kube/convert.ts: what the three converters share. They turn the API server's JSON into the shapes of
// model/kube-objects.ts, copying only what the model reads, so that a page is garbage right after: managedFields and
// large annotations are often most of an object. Pure.
import type { KubeObject, ObjectMeta } from '../../model/kube-objects.js';
import {
  type FieldProblem,
  type Fields,
  isRecord,
  present,
  readFields,
  readString,
  readStringMap,
  report,
  rootFields,
} from './fields.js';

export interface Converted<T extends KubeObject = KubeObject> {
  /** Undefined when what is left would mean nothing (no name, no addressType). */
  readonly object: T | undefined;
  /** Fields that were left out, with the reason; the rest of the object is used. */
  readonly problems: readonly FieldProblem[];
}

export type Convert = (raw: unknown) => Converted;

export function convertObject<T extends KubeObject>(
  raw: unknown,
  build: (fields: Fields) => T | undefined,
): Converted<T> {
  if (!isRecord(raw)) return { object: undefined, problems: [{ field: '', message: 'is not an object' }] };
  const fields = rootFields(raw);
  const object = build(fields);
  return { object, problems: fields.problems };
}

/** A required field that is not there; where it is there and of a wrong type, that is reported already. */
export function missing(fields: Fields, name: string): undefined {
  const value = fields.raw[name] ?? '';
  if (value === '') report(fields, name, 'is missing');
  return undefined;
}

/** Annotations that the model may read: Kubernetes' and our own. */
function isReadAnnotation(key: string): boolean {
  return isKubernetesOwn(key) || key.startsWith('kube-portal/');
}

/** Labels and annotations that Kubernetes defines; kubectl's copy of the whole object is not among them. */
export function isKubernetesOwn(key: string): boolean {
  const domain = key.slice(0, key.indexOf('/'));
  return (
    (domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io')) && domain !== 'kubectl.kubernetes.io'
  );
}

export function readMeta(
  fields: Fields,
  scope: 'namespaced' | 'cluster-wide',
  keepLabel: (key: string) => boolean,
): ObjectMeta | undefined {
  const metadata = readFields(fields, 'metadata');
  if (metadata === undefined) return missing(fields, 'metadata');
  const name = readString(metadata, 'name');
  const namespace = scope === 'namespaced' ? readString(metadata, 'namespace') : '';
  if (name === undefined || name === '') return missing(metadata, 'name');
  if (namespace === undefined || (scope === 'namespaced' && namespace === ''))
    return missing(metadata, 'namespace');
  return present<ObjectMeta>({
    namespace,
    name,
    uid: readString(metadata, 'uid'),
    creationTimestamp: readString(metadata, 'creationTimestamp'),
    deletionTimestamp: readString(metadata, 'deletionTimestamp'),
    labels: readStringMap(metadata, 'labels', keepLabel),
    annotations: readStringMap(metadata, 'annotations', isReadAnnotation),
  });
}

/** The field is there, and was not usable. */
export function isWrong(fields: Fields, name: string, value: unknown): boolean {
  return value === undefined && (fields.raw[name] ?? undefined) !== undefined;
}
